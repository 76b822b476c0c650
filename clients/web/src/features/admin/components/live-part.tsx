/** The meetings that go on now, and how each participant's connection is. */
import { useQuery } from "@tanstack/react-query";
import { Signal, SignalLow, SignalMedium, SignalZero } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { LiveMeeting, LiveParticipant } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { useCore } from "../../../ui/core";
import { formatNumber } from "../../../ui/meeting-number";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { useMoment } from "../../../ui/use-moment";

const REFRESH_MS = 5000;
const ICONS = { good: Signal, fair: SignalMedium, poor: SignalLow, lost: SignalZero };

export function LivePart() {
  const { t } = useTranslation();
  const { administration } = useCore();
  const textOf = useProblemText();
  const query = useQuery({
    queryKey: ["live"],
    queryFn: () => administration.live(),
    refetchInterval: REFRESH_MS,
  });
  const meetings = query.data ?? [];
  return (
    <section>
      {query.isPending ? <Spinner size={24} /> : null}
      {query.error === null ? null : <Notice kind="danger">{textOf(query.error)}</Notice>}
      {query.isSuccess && meetings.length === 0 ? <p className="muted">{t("admin.noLive")}</p> : null}
      {meetings.map((meeting) => (
        <Live key={meeting.meetingId} meeting={meeting} />
      ))}
    </section>
  );
}

function Live({ meeting }: { meeting: LiveMeeting }) {
  const { t } = useTranslation();
  const moment = useMoment();
  return (
    <article className="admin-live">
      <header>
        <h2>{meeting.title}</h2>
        <p className="muted">
          {formatNumber(meeting.meetingNo)} · {meeting.hostName} · {t("admin.since", { when: moment(meeting.startedAt) })} ·{" "}
          {t("admin.people", { count: meeting.participants.length })}
        </p>
      </header>
      <ul className="admin-list">
        {meeting.participants.map((participant) => (
          <Participant key={participant.participantId} participant={participant} />
        ))}
      </ul>
    </article>
  );
}

function Participant({ participant }: { participant: LiveParticipant }) {
  const { t } = useTranslation();
  const quality = participant.state === "reconnecting" ? "lost" : participant.quality;
  const Icon = quality === null ? null : ICONS[quality];
  const shown = quality ?? "unknown";
  return (
    <li className="admin-row">
      <div className="admin-row-text">
        <strong>{participant.displayName}</strong>
      </div>
      <span className={`admin-quality admin-quality-${shown}`}>
        {Icon === null ? null : <Icon size={18} aria-hidden="true" />}
        {t(`admin.quality.${shown}`)}
      </span>
    </li>
  );
}
