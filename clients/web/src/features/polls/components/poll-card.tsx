/** One poll: its ballot while it is open, its results as bars, and what its maker does with it. */
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";
import { Button } from "../../../ui/button";
import type { usePolls } from "../hooks/use-polls";
import { Ballot } from "./ballot";
import { Results } from "./results";

type Actions = ReturnType<typeof usePolls>;

export function PollCard({ poll, actions }: { poll: Poll; actions: Actions }) {
  const { t } = useTranslation();
  const isFinal = poll.choice !== null && !poll.changeable;
  const votes = poll.phase === "open" && actions.mayVote && !isFinal;
  const notes = [
    poll.isQuiz ? t("polls.quiz") : null,
    poll.anonymous ? t("polls.anonymous") : null,
    poll.phase === "draft" ? t("polls.draft") : t("polls.voters", { count: poll.voters }),
  ];
  return (
    <article className="poll" data-testid="poll" aria-label={poll.question}>
      <h3 className="poll-question">{poll.question}</h3>
      <p className="muted poll-notes">{notes.filter((note) => note !== null).join(" · ")}</p>
      {votes ? <Ballot key={`${poll.pollId} ${String(poll.choice)}`} poll={poll} onVote={(chosen) => actions.vote(poll, chosen)} /> : null}
      {poll.counts !== null && poll.phase !== "draft" ? <Results poll={poll} counts={poll.counts} /> : null}
      {poll.counts === null && !votes ? <Options poll={poll} /> : null}
      {poll.phase === "closed" && poll.counts === null ? <p className="muted">{t("polls.notPublished")}</p> : null}
      {actions.mayCreate ? <Making poll={poll} actions={actions} /> : null}
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

function Making({ poll, actions }: { poll: Poll; actions: Actions }) {
  const { t } = useTranslation();
  return (
    <div className="poll-making">
      {poll.phase === "draft" ? (
        <>
          <Button kind="primary" onPress={() => actions.start(poll)} data-testid="poll-start">
            {t("polls.start")}
          </Button>
          <Button kind="quiet" onPress={() => actions.remove(poll)}>
            {t("polls.delete")}
          </Button>
        </>
      ) : null}
      {poll.phase === "open" ? (
        <Button onPress={() => actions.close(poll)} data-testid="poll-close">
          {t("polls.close")}
        </Button>
      ) : null}
      {poll.phase === "closed" ? (
        <Button kind="primary" onPress={() => actions.publish(poll)} data-testid="poll-publish">
          {t("polls.publish")}
        </Button>
      ) : null}
      {poll.phase === "draft" ? null : (
        <Button kind="quiet" onPress={() => actions.exportResults(poll)}>
          {t("polls.export")}
        </Button>
      )}
    </div>
  );
}
