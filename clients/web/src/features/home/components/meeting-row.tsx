/** One meeting of the list: what, when, how many, and the way back in. */
import { Check, Link2, LockKeyhole } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingSummary } from "../../../core/types";
import { ButtonLink, IconButton } from "../../../ui/button";
import { useCopy } from "../../../ui/use-copy";
import { useMeetingTitle } from "../../../ui/use-meeting-title";
import { formatNumber } from "../../../ui/meeting-number";

const OPEN: MeetingSummary["status"][] = ["scheduled", "lobby_open", "live"];

export function MeetingRow({ meeting }: { meeting: MeetingSummary }) {
  const { t, i18n } = useTranslation();
  const { copied, copy } = useCopy();
  const when = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short" });
  const title = useMeetingTitle()(meeting);
  const isOpen = OPEN.includes(meeting.status);
  return (
    <li className="meeting-row">
      <span className={`meeting-status meeting-status-${meeting.status}`}>{t(`home.status.${meeting.status}`)}</span>
      <div className="meeting-row-text">
        <p className="meeting-row-title">
          <span>{title}</span>
          {meeting.hasPassword ? <LockKeyhole size={14} aria-label={t("home.optionPassword")} /> : null}
        </p>
        <p className="meeting-row-facts muted numeric">
          <span>{formatNumber(meeting.meetingNo)}</span>
          <time dateTime={meeting.startedAt ?? meeting.createdAt}>
            {when.format(new Date(meeting.startedAt ?? meeting.createdAt))}
          </time>
          <span>{t("home.people", { count: meeting.participantCount })}</span>
        </p>
      </div>
      {isOpen ? (
        <div className="meeting-row-actions">
          <IconButton
            label={copied ? t("home.linkCopied") : t("home.copyLink")}
            icon={copied ? <Check size={18} /> : <Link2 size={18} />}
            onPress={() => void copy(meeting.joinUrl)}
          />
          <ButtonLink href={`/m/${meeting.meetingNo}`} aria-label={`${t("home.rejoin")}: ${title}`}>
            {t("home.rejoin")}
          </ButtonLink>
        </div>
      ) : null}
    </li>
  );
}
