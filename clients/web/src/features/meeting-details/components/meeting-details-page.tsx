/** One meeting of the person's: everything about it, before and after it took place. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { GivenAnswer, MeetingSummary } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { ButtonLink } from "../../../ui/button";
import { AnswerButtons } from "../../../ui/answer-buttons";
import { useCore } from "../../../ui/core";
import { MeetingTimes } from "../../../ui/meeting-times";
import { Notice } from "../../../ui/notice";
import { PageSpinner } from "../../../ui/spinner";
import { useMeetingTitle } from "../../../ui/use-meeting-title";
import { MeetingChat } from "../../chat";
import { MeetingPolls } from "../../polls";
import { Message, Shell, SignedIn, usePageTitle } from "../../shell";
import { DetailsActions } from "./details-actions";
import { InvitationCard } from "./invitation-card";
import { InviteesCard } from "./invitees-card";
import { SessionsCard } from "./sessions-card";
import "./meeting-details.css";

export function MeetingDetailsPage({ meetingId }: { meetingId: string }) {
  return (
    <Shell>
      <SignedIn>
        <Found meetingId={meetingId} />
      </SignedIn>
    </Shell>
  );
}

function Found({ meetingId }: { meetingId: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const found = useQuery({ queryKey: ["meeting", meetingId], queryFn: () => core.schedule.get(meetingId), retry: false });
  if (found.data !== undefined) return <Details meeting={found.data} />;
  if (found.error === null) return <PageSpinner label={t("common.loading")} />;
  return (
    <Message title={textOf(found.error)}>
      <ButtonLink href="/">{t("common.home")}</ButtonLink>
    </Message>
  );
}

function Details({ meeting }: { meeting: MeetingSummary }) {
  const { t } = useTranslation();
  const title = useMeetingTitle()(meeting);
  usePageTitle(title);
  const isOpen = ["scheduled", "lobby_open", "live"].includes(meeting.status);
  return (
    <div className="details">
      <header className="details-header">
        <span className={`meeting-status meeting-status-${meeting.status}`}>{t(`home.status.${meeting.status}`)}</span>
        <h1>{title}</h1>
        <p className="muted">{t("prejoin.hostedBy", { name: meeting.hostName })}</p>
      </header>
      <MeetingTimes meeting={meeting} />
      {meeting.description === null ? null : <p className="details-description">{meeting.description}</p>}
      {isOpen && meeting.answer !== null ? <OwnAnswer meeting={meeting} /> : null}
      <DetailsActions meeting={meeting} isOpen={isOpen} />
      {isOpen ? <InvitationCard meeting={meeting} title={title} /> : null}
      {meeting.isHost ? <InviteesCard meeting={meeting} isOpen={isOpen} /> : null}
      {meeting.startedAt === null ? null : <SessionsCard meeting={meeting} />}
      {meeting.startedAt === null ? null : <MeetingPolls meetingId={meeting.meetingId} isHost={meeting.isHost} />}
      {meeting.startedAt === null ? null : (
        <div className="card">
          <h2>{t("chat.title")}</h2>
          <MeetingChat meetingId={meeting.meetingId} isHost={meeting.isHost} />
        </div>
      )}
    </div>
  );
}

function OwnAnswer({ meeting }: { meeting: MeetingSummary }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const answering = useMutation({
    mutationFn: (answer: GivenAnswer) => core.schedule.answer(meeting.meetingId, answer),
    onSettled: () => queries.invalidateQueries({ queryKey: ["meeting", meeting.meetingId] }),
  });
  const shown = answering.isPending ? answering.variables : (meeting.answer ?? "needs_action");
  return (
    <section className="card">
      <h2>{t("schedule.willYouCome")}</h2>
      {answering.error === null ? null : <Notice kind="danger">{textOf(answering.error)}</Notice>}
      <AnswerButtons answer={shown} onChange={(answer) => answering.mutate(answer)} />
    </section>
  );
}
