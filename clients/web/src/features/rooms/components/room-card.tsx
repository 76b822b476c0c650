/** One room: its link, a way in, and for owners its settings and members. */
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Link2, Settings2, Users, Video } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingRoom } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Confirm, Dialog } from "../../../ui/dialog";
import { navigate } from "../../../ui/navigation";
import { Notice } from "../../../ui/notice";
import { useCopy } from "../../../ui/use-copy";
import { RoomMembers } from "./room-members";
import { RoomSettings } from "./room-settings";

export function RoomCard({ room }: { room: MeetingRoom }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const { copied, failed, copy } = useCopy();
  const [open, setOpen] = useState<"settings" | "members" | null>(null);
  const opening = useMutation({
    mutationFn: () => core.rooms.open(room.roomId),
    onSuccess: (meeting) => navigate(`/m/${meeting.meetingNo}`),
  });
  return (
    <section className="card" aria-label={room.displayName} data-testid="room">
      <div>
        <h2>{room.displayName}</h2>
        <p className="muted">{room.personal ? t("rooms.personal") : t(`rooms.role.${room.role}`)}</p>
      </div>
      <p className="rooms-link numeric">{room.link}</p>
      {failed ? <Notice kind="warning">{t("common.copyFailed")}</Notice> : null}
      {opening.error === null ? null : <Notice kind="danger">{textOf(opening.error)}</Notice>}
      <div className="rooms-actions">
        <Button kind="primary" isPending={opening.isPending} onPress={() => opening.mutate()}>
          <Video size={18} aria-hidden="true" />
          {t("rooms.enter")}
        </Button>
        <Button onPress={() => void copy(room.link)}>
          {copied ? <Check size={18} aria-hidden="true" /> : <Link2 size={18} aria-hidden="true" />}
          {copied ? t("home.linkCopied") : t("home.copyLink")}
        </Button>
        {room.role === "owner" ? (
          <Button onPress={() => setOpen("settings")} data-testid="room-settings">
            <Settings2 size={18} aria-hidden="true" />
            {t("rooms.settings")}
          </Button>
        ) : null}
        <Button onPress={() => setOpen("members")} data-testid="room-members">
          <Users size={18} aria-hidden="true" />
          {t("rooms.members")}
        </Button>
      </div>
      <Dialog title={t("rooms.settings")} isOpen={open === "settings"} onClose={() => setOpen(null)} width="wide">
        <RoomSettings room={room} onDone={() => setOpen(null)} />
        {room.personal ? null : <CloseRoom room={room} />}
      </Dialog>
      <Dialog title={t("rooms.members")} isOpen={open === "members"} onClose={() => setOpen(null)}>
        <RoomMembers room={room} />
      </Dialog>
    </section>
  );
}

function CloseRoom({ room }: { room: MeetingRoom }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const [asking, setAsking] = useState(false);
  const closing = useMutation({
    mutationFn: () => core.rooms.close(room.roomId),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["rooms"] }),
  });
  return (
    <div className="rooms-close">
      {closing.error === null ? null : <Notice kind="danger">{textOf(closing.error)}</Notice>}
      <Button kind="quiet" isPending={closing.isPending} onPress={() => setAsking(true)}>
        {t("rooms.close")}
      </Button>
      <Confirm
        title={t("rooms.closeTitle", { name: room.displayName })}
        text={t("rooms.closeText")}
        action={t("rooms.close")}
        isOpen={asking}
        onConfirm={() => closing.mutate()}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
