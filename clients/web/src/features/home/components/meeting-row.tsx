/** One meeting of the list: what, when, how many, and the way in. */
import { Check, Link2, LockKeyhole, Repeat } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingSummary } from "../../../core/types";
import { ButtonLink, IconButton } from "../../../ui/button";
import { AppLink } from "../../../ui/navigation";
import { useCopy } from "../../../ui/use-copy";
import { useMeetingTitle } from "../../../ui/use-meeting-title";
import { formatNumber } from "../../../ui/meeting-number";
import { useWhen } from "../../../ui/when";
import { timeOf } from "../days";

const OPEN: MeetingSummary["status"][] = ["scheduled", "lobby_open", "live"];

export function MeetingRow({ meeting }: { meeting: MeetingSummary }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const title = useMeetingTitle()(meeting);
  const isOpen = OPEN.includes(meeting.status);
  return (
    <li className="meeting-row">
      <span className={`meeting-status meeting-status-${meeting.status}`}>{t(`home.status.${meeting.status}`)}</span>
      <div className="meeting-row-text">
        <p className="meeting-row-title">
          <AppLink href={`/meetings/${meeting.meetingId}`}>{title}</AppLink>
          {meeting.hasPassword ? <LockKeyhole size={14} aria-label={t("home.hasPassword")} /> : null}
          {meeting.recurrence === null ? null : <Repeat size={14} aria-label={t("home.repeats")} />}
        </p>
        <p className="meeting-row-facts muted numeric">
          <Hours meeting={meeting} />
          <span>{formatNumber(meeting.meetingNo)}</span>
          {meeting.startedAt === null ? null : <span>{t("home.people", { count: meeting.participantCount })}</span>}
          {meeting.answer === null || meeting.startedAt !== null ? null : <span>{t(`schedule.answer.${meeting.answer}`)}</span>}
        </p>
      </div>
      {isOpen ? (
        <div className="meeting-row-actions">
          <IconButton
            label={copied ? t("home.linkCopied") : t("home.copyLink")}
            icon={copied ? <Check size={18} /> : <Link2 size={18} />}
            onPress={() => void copy(meeting.joinUrl)}
          />
          <ButtonLink href={`/m/${meeting.meetingNo}`} aria-label={`${t("home.join")}: ${title}`}>
            {t("home.join")}
          </ButtonLink>
        </div>
      ) : null}
    </li>
  );
}

function Hours({ meeting }: { meeting: MeetingSummary }) {
  const when = useWhen();
  const start = timeOf(meeting);
  const planned = meeting.startedAt === null && meeting.endsAt !== null;
  return <time dateTime={start}>{planned ? `${when.time(start)} – ${when.time(meeting.endsAt ?? start)}` : when.moment(start)}</time>;
}
