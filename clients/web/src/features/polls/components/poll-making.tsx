/** What the maker of a poll and hosts do with it, from the draft to the saved results. */
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";
import { Button } from "../../../ui/button";

interface DraftProps {
  onStart: () => void;
  onRemove: () => void;
}

export function DraftMaking({ onStart, onRemove }: DraftProps) {
  const { t } = useTranslation();
  return (
    <div className="poll-making">
      <Button kind="primary" onPress={onStart} data-testid="poll-start">
        {t("polls.start")}
      </Button>
      <Button kind="quiet" onPress={onRemove}>
        {t("polls.delete")}
      </Button>
    </div>
  );
}

interface PollMakingProps {
  poll: Poll;
  onClose: () => void;
  onPublish: () => void;
  onExport: () => void;
}

/** For a poll that was started: during the meeting and after it. */
export function PollMaking({ poll, onClose, onPublish, onExport }: PollMakingProps) {
  const { t } = useTranslation();
  return (
    <div className="poll-making">
      {poll.phase === "open" ? (
        <Button onPress={onClose} data-testid="poll-close">
          {t("polls.close")}
        </Button>
      ) : null}
      {poll.phase === "closed" ? (
        <Button kind="primary" onPress={onPublish} data-testid="poll-publish">
          {t("polls.publish")}
        </Button>
      ) : null}
      <Button kind="quiet" onPress={onExport}>
        {t("polls.export")}
      </Button>
    </div>
  );
}
