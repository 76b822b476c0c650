/** One poll: its ballot while it is open, its results as bars, and below it what its maker does with it. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";
import { Ballot } from "./ballot";
import { Results } from "./results";

interface PollCardProps {
  poll: Poll;
  /** Absent: this person doesn't vote, or not here. */
  onVote?: ((optionIds: string[]) => void) | undefined;
  children?: ReactNode;
}

export function PollCard({ poll, onVote, children }: PollCardProps) {
  const { t } = useTranslation();
  const isFinal = poll.choice !== null && !poll.changeable;
  const vote = poll.phase === "open" && !isFinal ? onVote : undefined;
  const notes = [
    poll.isQuiz ? t("polls.quiz") : null,
    poll.anonymous ? t("polls.anonymous") : null,
    poll.phase === "draft" ? t("polls.draft") : t("polls.voters", { count: poll.voters }),
  ];
  return (
    <article className="poll" data-testid="poll" aria-label={poll.question}>
      <h3 className="poll-question">{poll.question}</h3>
      <p className="muted poll-notes">{notes.filter((note) => note !== null).join(" · ")}</p>
      {vote === undefined ? null : <Ballot key={`${poll.pollId} ${String(poll.choice)}`} poll={poll} onVote={vote} />}
      {poll.counts !== null && poll.phase !== "draft" ? <Results poll={poll} counts={poll.counts} /> : null}
      {poll.counts === null && vote === undefined ? <Options poll={poll} /> : null}
      {poll.phase === "closed" && poll.counts === null ? <p className="muted">{t("polls.notPublished")}</p> : null}
      {children}
    </article>
  );
}

function Options({ poll }: { poll: Poll }) {
  const { t } = useTranslation();
  return (
    <ul className="poll-options">
      {poll.options.map(({ optionId, text }) => (
        <li key={optionId}>
          {text}
          {poll.choice?.includes(optionId) === true ? <span className="poll-mine">{t("polls.yours")}</span> : null}
        </li>
      ))}
    </ul>
  );
}
