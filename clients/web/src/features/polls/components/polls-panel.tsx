/** The polls of a meeting: to vote, to see, and for hosts and presenters to make. */
import { useState } from "react";
import { BarChart3, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";
import { Button } from "../../../ui/button";
import { usePolls } from "../hooks/use-polls";
import { PollCard } from "./poll-card";
import { PollForm } from "./poll-form";
import { DraftMaking, PollMaking } from "./poll-making";
import "./polls.css";

export function PollsPanel() {
  const { t } = useTranslation();
  const polls = usePolls();
  const [isWriting, setIsWriting] = useState(false);
  if (isWriting) {
    return <PollForm onCreate={polls.create} onClose={() => setIsWriting(false)} />;
  }
  return (
    <div className="polls">
      {polls.mayCreate ? (
        <Button kind="primary" wide onPress={() => setIsWriting(true)} data-testid="poll-new">
          <Plus size={18} aria-hidden="true" />
          {t("polls.new")}
        </Button>
      ) : null}
      {polls.polls.length === 0 ? (
        <div className="chat-empty">
          <BarChart3 size={28} aria-hidden="true" />
          <p>{t("polls.empty")}</p>
          {polls.mayCreate ? <p className="muted">{t("polls.emptyText")}</p> : null}
        </div>
      ) : null}
      {polls.polls.map((poll) => (
        <PollCard key={poll.pollId} poll={poll} onVote={polls.mayVote ? (chosen) => polls.vote(poll, chosen) : undefined}>
          {polls.mayCreate ? <Making poll={poll} polls={polls} /> : null}
        </PollCard>
      ))}
    </div>
  );
}

function Making({ poll, polls }: { poll: Poll; polls: ReturnType<typeof usePolls> }) {
  if (poll.phase === "draft") return <DraftMaking onStart={() => polls.start(poll)} onRemove={() => polls.remove(poll)} />;
  return (
    <PollMaking
      poll={poll}
      onClose={() => polls.close(poll)}
      onPublish={() => polls.publish(poll)}
      onExport={() => polls.exportResults(poll)}
    />
  );
}
