/** One message, with its links, and what became of it. */
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { ChatEntry } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { splitLinks } from "../links";

interface ChatMessageProps {
  entry: ChatEntry;
  onRetry: (messageId: string) => void;
}

export function ChatMessage({ entry, onRetry }: ChatMessageProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const isPending = entry.seq === null && entry.failed === null;
  return (
    <div className="chat-message" data-testid="chat-message" data-pending={isPending ? "" : undefined}>
      <p className="chat-body">
        {splitLinks(entry.body).map((part, index) =>
          part.href === null ? (
            part.text
          ) : (
            <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          ),
        )}
      </p>
      {isPending ? <span className="visually-hidden">{t("chat.sending")}</span> : null}
      {entry.failed === null ? null : (
        <p className="chat-failed">
          {t("chat.failed")} {textOf(entry.failed)}{" "}
          <Button className="link-button" onPress={() => onRetry(entry.messageId)}>
            {t("chat.retry")}
          </Button>
        </p>
      )}
    </div>
  );
}
