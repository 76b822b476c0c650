/** The rooms that a person belongs to, and the address of their calendar. */
import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { PageSpinner } from "../../../ui/spinner";
import { Shell, SignedIn, usePageTitle } from "../../shell";
import { FeedCard } from "./feed-card";
import { RoomCard } from "./room-card";
import "./rooms.css";

export function RoomsPage() {
  const { t } = useTranslation();
  usePageTitle(t("rooms.title"));
  return (
    <Shell>
      <SignedIn>
        <Rooms />
      </SignedIn>
    </Shell>
  );
}

function Rooms() {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const [making, setMaking] = useState(false);
  const listed = useQuery({ queryKey: ["rooms"], queryFn: () => core.rooms.list() });
  return (
    <div className="rooms">
      <header className="rooms-header">
        <h1>{t("rooms.title")}</h1>
        <Button onPress={() => setMaking(true)} data-testid="new-room">
          <Plus size={18} aria-hidden="true" />
          {t("rooms.create")}
        </Button>
      </header>
      {listed.isPending ? <PageSpinner label={t("common.loading")} /> : null}
      {listed.error === null ? null : <Notice kind="danger">{textOf(listed.error)}</Notice>}
      {(listed.data ?? []).map((room) => (
        <RoomCard key={room.roomId} room={room} />
      ))}
      <FeedCard />
      <Dialog title={t("rooms.create")} isOpen={making} onClose={() => setMaking(false)}>
        <NewRoomForm onDone={() => setMaking(false)} />
      </Dialog>
    </div>
  );
}

function NewRoomForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const [name, setName] = useState("");
  const making = useMutation({
    mutationFn: () => core.rooms.create({ displayName: name.trim() }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["rooms"] });
      onDone();
    },
  });
  const submit = () => {
    if (name.trim() !== "") making.mutate();
  };
  return (
    <Form className="rooms-form" onSubmit={submit}>
      <Field
        label={t("rooms.name")}
        maxLength={64}
        testId="room-name"
        value={name}
        onChange={setName}
        error={making.error === null ? null : textOf(making.error)}
      />
      <Button kind="primary" type="submit" wide isDisabled={name.trim() === ""} isPending={making.isPending}>
        {t("rooms.create")}
      </Button>
    </Form>
  );
}
