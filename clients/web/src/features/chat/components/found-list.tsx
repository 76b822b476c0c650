/** What a search found, newest first. */
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useSearch } from "../hooks/use-search";
import { ChatMessage } from "./chat-message";

interface FoundListProps {
  meetingId: string | null;
  words: string;
  selfId: string | null;
  onProblem: (error: unknown) => void;
}

export function FoundList({ meetingId, words, selfId, onProblem }: FoundListProps) {
  const { t, i18n } = useTranslation();
  const { isAsked, isLoading, found, hasMore, loadMore } = useSearch(meetingId, words);
  const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short" });
  const isEmpty = isAsked && !isLoading && found.length === 0;
  return (
    // A scrolling region must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="chat-list" role="region" aria-label={t("chat.found")} tabIndex={0} data-testid="chat-found">
      <p className={isEmpty ? "muted" : "visually-hidden"} role="status">
        {isAsked && !isLoading ? t("chat.foundCount", { count: found.length }) : ""}
      </p>
      {found.map((entry) => (
        <article key={entry.messageId} className="chat-group">
          <header className="chat-group-header">
            <span className="chat-author">{entry.displayName}</span>
            {entry.recipientId === null ? null : <span className="chat-note muted">{t("chat.private")}</span>}
            <time dateTime={entry.sentAt} className="muted numeric">
              {time.format(new Date(entry.sentAt))}
            </time>
          </header>
          <ChatMessage meetingId={meetingId} entry={entry} selfId={selfId} actions={{ problem: onProblem }} />
        </article>
      ))}
      {hasMore ? (
        <Button kind="quiet" isPending={isLoading} onPress={loadMore} className="chat-earlier">
          {t("chat.moreFound")}
        </Button>
      ) : null}
    </div>
  );
}
