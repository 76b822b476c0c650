/** The times a meeting took place, and for the host who was there. */
import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingRun, MeetingSummary } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { save } from "../../../ui/save";
import { Spinner } from "../../../ui/spinner";
import { useWhen } from "../../../ui/when";

export function SessionsCard({ meeting }: { meeting: MeetingSummary }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const listed = useQuery({
    queryKey: ["sessions", meeting.meetingId],
    queryFn: () => core.schedule.sessions(meeting.meetingId),
  });
  return (
    <section className="card">
      <h2>{t("schedule.sessions")}</h2>
      {listed.error === null ? null : <Notice kind="danger">{textOf(listed.error)}</Notice>}
      <ul className="details-sessions">
        {(listed.data?.items ?? []).map((session) => (
          <Session key={session.sessionId} meeting={meeting} session={session} />
        ))}
      </ul>
    </section>
  );
}

function Session({ meeting, session }: { meeting: MeetingSummary; session: MeetingRun }) {
  const { t } = useTranslation();
  const when = useWhen();
  const [shown, setShown] = useState(false);
  return (
    <li>
      <div className="details-session">
        <time dateTime={session.startedAt}>{when.span(session.startedAt, session.endedAt)}</time>
        <span className="muted">{t("home.people", { count: session.attendeeCount })}</span>
        {meeting.isHost ? (
          <Button kind="quiet" aria-expanded={shown} onPress={() => setShown(!shown)} data-testid="show-attendance">
            {shown ? t("schedule.hideAttendance") : t("schedule.showAttendance")}
          </Button>
        ) : null}
      </div>
      {shown ? <Attendance meetingId={meeting.meetingId} sessionId={session.sessionId} /> : null}
    </li>
  );
}

function Attendance({ meetingId, sessionId }: { meetingId: string; sessionId: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const when = useWhen();
  const listed = useQuery({
    queryKey: ["attendance", sessionId],
    queryFn: () => core.schedule.attendance(meetingId, sessionId),
  });
  const saving = useMutation({
    mutationFn: () => core.schedule.attendanceTable(meetingId, sessionId),
    onSuccess: (table) => save(table, "attendance.csv"),
  });
  const error = listed.error ?? saving.error;
  if (error !== null) return <Notice kind="danger">{textOf(error)}</Notice>;
  if (listed.data === undefined) return <Spinner size={20} />;
  return (
    <>
      <table className="details-attendance">
        <thead>
          <tr>
            <th scope="col">{t("schedule.attendee")}</th>
            <th scope="col">{t("schedule.stays")}</th>
            <th scope="col">{t("schedule.present")}</th>
          </tr>
        </thead>
        <tbody>
          {listed.data.items.map((attendee) => (
            <tr key={attendee.participantId}>
              <th scope="row">
                {attendee.displayName}
                {attendee.isGuest ? <span className="muted"> {t("schedule.guest")}</span> : null}
              </th>
              <td>
                {attendee.stays.map((stay) => (
                  <div key={stay.enteredAt} className="numeric">
                    {`${when.time(stay.enteredAt)} – ${stay.leftAt === null ? t("schedule.now") : when.time(stay.leftAt)}`}
                  </div>
                ))}
              </td>
              <td className="numeric">{t("schedule.minutes", { count: Math.round(attendee.presentS / 60) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {listed.data.nextCursor === null ? null : <p className="muted">{t("schedule.moreInTable")}</p>}
      <Button isPending={saving.isPending} onPress={() => saving.mutate()}>
        <Download size={18} aria-hidden="true" />
        {t("schedule.saveTable")}
      </Button>
    </>
  );
}
