/** Where the link of a letter leads: what one is invited to, and the answer; nobody has to sign in. */
import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { GivenAnswer, Invitation } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { AnswerButtons } from "../../../ui/answer-buttons";
import { Button, ButtonLink } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { MeetingTimes } from "../../../ui/meeting-times";
import { Notice } from "../../../ui/notice";
import { PageSpinner } from "../../../ui/spinner";
import { Message, Shell, usePageTitle } from "../../shell";
import "./rsvp.css";

export function RsvpPage({ token }: { token: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const found = useQuery({ queryKey: ["invitation", token], queryFn: () => core.schedule.invitation(token), retry: false });
  usePageTitle(found.data?.title ?? t("rsvp.title"));
  return (
    <Shell centred>
      {found.isPending ? <PageSpinner label={t("common.loading")} /> : null}
      {found.error === null ? null : (
        <Message title={textOf(found.error)}>
          <ButtonLink href="/">{t("common.home")}</ButtonLink>
        </Message>
      )}
      {found.data === undefined ? null : <Answering token={token} invitation={found.data} />}
    </Shell>
  );
}

/** The link names an answer, but only a press of the button gives it: programs that check letters open links too. */
function wantedAnswer(): GivenAnswer | null {
  const wanted = new URLSearchParams(window.location.search).get("answer");
  return wanted === "accepted" || wanted === "declined" || wanted === "tentative" ? wanted : null;
}

function Answering({ token, invitation }: { token: string; invitation: Invitation }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const [chosen, setChosen] = useState(() => wantedAnswer() ?? invitation.answer);
  const answering = useMutation({ mutationFn: (answer: GivenAnswer) => core.schedule.answerInvitation(token, answer) });
  const given = answering.data?.answer ?? invitation.answer;
  const isOpen = ["scheduled", "lobby_open", "live"].includes(invitation.status);
  const over = invitation.status === "cancelled" ? "cancelled" : "ended";
  return (
    <section className="rsvp">
      <p className="muted">{t("rsvp.invitedBy", { name: invitation.hostName, email: invitation.email })}</p>
      <h1>{invitation.title}</h1>
      <MeetingTimes meeting={invitation} />
      {invitation.description === null ? null : <p className="rsvp-description">{invitation.description}</p>}
      {isOpen ? null : <Notice kind="warning">{t(`rsvp.over.${over}`)}</Notice>}
      {answering.error === null ? null : <Notice kind="danger">{textOf(answering.error)}</Notice>}
      {isOpen ? (
        <>
          <h2>{t("schedule.willYouCome")}</h2>
          <AnswerButtons answer={chosen} onChange={setChosen} />
          <div className="rsvp-actions">
            <Button
              kind="primary"
              size="large"
              isDisabled={chosen === "needs_action" || chosen === given}
              isPending={answering.isPending}
              onPress={() => {
                if (chosen !== "needs_action") answering.mutate(chosen);
              }}
              data-testid="rsvp-send"
            >
              {t("rsvp.send")}
            </Button>
            <ButtonLink size="large" href={`/m/${invitation.meetingNo}`}>
              {t("home.join")}
            </ButtonLink>
          </div>
          {given === "needs_action" ? null : (
            <Notice kind="info">{t("rsvp.given", { answer: t(`schedule.answer.${given}`) })}</Notice>
          )}
        </>
      ) : null}
    </section>
  );
}
