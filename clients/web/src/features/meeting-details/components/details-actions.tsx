/** What can be done with a meeting: join, change, save for a calendar, cancel. */
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CalendarPlus, CalendarX, Pencil, Video } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingSummary, Scope } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonLink } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { Notice } from "../../../ui/notice";
import { save } from "../../../ui/save";
import { Select } from "../../../ui/select";

interface DetailsActionsProps {
  meeting: MeetingSummary;
  isOpen: boolean;
}

export function DetailsActions({ meeting, isOpen }: DetailsActionsProps) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const [asking, setAsking] = useState(false);
  const saving = useMutation({
    mutationFn: () => core.schedule.calendarEntry(meeting.meetingId),
    onSuccess: (content) => save(content, "meeting.ics"),
  });
  const mayChange = isOpen && meeting.isHost && meeting.startsAt !== null;
  return (
    <>
      <div className="details-actions">
        {isOpen ? (
          <ButtonLink kind="primary" href={`/m/${meeting.meetingNo}`}>
            <Video size={18} aria-hidden="true" />
            {t("home.join")}
          </ButtonLink>
        ) : null}
        {mayChange ? (
          <ButtonLink href={`/meetings/${meeting.meetingId}/edit`} data-testid="edit-meeting">
            <Pencil size={18} aria-hidden="true" />
            {t("schedule.edit")}
          </ButtonLink>
        ) : null}
        {meeting.startsAt === null ? null : (
          <Button isPending={saving.isPending} onPress={() => saving.mutate()} data-testid="save-ics">
            <CalendarPlus size={18} aria-hidden="true" />
            {t("schedule.saveCalendar")}
          </Button>
        )}
        {mayChange && meeting.status !== "live" ? (
          <Button onPress={() => setAsking(true)} data-testid="cancel-meeting">
            <CalendarX size={18} aria-hidden="true" />
            {t("schedule.cancelMeeting")}
          </Button>
        ) : null}
      </div>
      {saving.error === null ? null : <Notice kind="danger">{textOf(saving.error)}</Notice>}
      <Dialog title={t("schedule.cancelMeeting")} isOpen={asking} onClose={() => setAsking(false)}>
        <CancelForm meeting={meeting} onDone={() => setAsking(false)} />
      </Dialog>
    </>
  );
}

function CancelForm({ meeting, onDone }: { meeting: MeetingSummary; onDone: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const [scope, setScope] = useState<Scope>("this");
  const cancelling = useMutation({
    mutationFn: () => core.schedule.cancel(meeting.meetingId, scope),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["meeting"] });
      void queries.invalidateQueries({ queryKey: ["meetings"] });
      onDone();
    },
  });
  return (
    <div className="details-cancel">
      <p className="muted">{t("schedule.cancelText")}</p>
      {cancelling.error === null ? null : <Notice kind="danger">{textOf(cancelling.error)}</Notice>}
      {meeting.seriesId === null ? null : (
        <Select
          label={t("schedule.cancelScope")}
          options={(["this", "following", "all"] as const).map((id) => ({ id, name: t(`schedule.scope.${id}`) }))}
          value={scope}
          onChange={(id) => setScope(id as Scope)}
        />
      )}
      <Button kind="danger" wide isPending={cancelling.isPending} onPress={() => cancelling.mutate()} data-testid="cancel-confirm">
        {t("schedule.cancelMeeting")}
      </Button>
    </div>
  );
}
