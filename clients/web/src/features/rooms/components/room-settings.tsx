/** What the meetings of a room begin with. */
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { MeetingRoom } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { Switch } from "../../../ui/switch";
import { OptionsFields } from "../../schedule";

export function RoomSettings({ room, onDone }: { room: MeetingRoom; onDone: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const [displayName, setDisplayName] = useState(room.displayName);
  const [guestsAllowed, setGuestsAllowed] = useState(room.guestsAllowed);
  const [options, setOptions] = useState(room.options);
  const [password, setPassword] = useState("");
  const [hasPassword, setHasPassword] = useState(room.hasPassword);
  const saving = useMutation({
    mutationFn: () => {
      const withPassword = password !== "" ? { password } : room.hasPassword && !hasPassword ? { password: null } : {};
      return core.rooms.change(room.roomId, { displayName: displayName.trim(), guestsAllowed, options, ...withPassword });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["rooms"] });
      onDone();
    },
  });
  const submit = () => {
    if (displayName.trim() !== "") saving.mutate();
  };
  return (
    <Form className="rooms-form" onSubmit={submit}>
      <p className="muted">{t("rooms.settingsText")}</p>
      {saving.error === null ? null : <Notice kind="danger">{textOf(saving.error)}</Notice>}
      <Field label={t("rooms.name")} maxLength={64} value={displayName} onChange={setDisplayName} />
      <Field
        label={t("home.optionPassword")}
        hint={room.hasPassword ? t("schedule.passwordKept") : undefined}
        type="password"
        autoComplete="off"
        maxLength={64}
        value={password}
        onChange={setPassword}
      />
      {room.hasPassword ? (
        <Switch label={t("rooms.keepPassword")} isSelected={hasPassword} onChange={setHasPassword} />
      ) : null}
      <Switch label={t("home.optionGuests")} isSelected={guestsAllowed} onChange={setGuestsAllowed} />
      <OptionsFields options={options} onChange={(part) => setOptions({ ...options, ...part })} />
      <Button kind="primary" type="submit" wide isDisabled={displayName.trim() === ""} isPending={saving.isPending} data-testid="save-room">
        {t("common.save")}
      </Button>
    </Form>
  );
}
