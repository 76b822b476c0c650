/** The chat of the meeting. */
import { ArrowDown, MessageSquare } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useSession, useView } from "../../../ui/meeting";
import { groupChat } from "../group";
import type { ChatGroup } from "../group";
import { useEarlier } from "../hooks/use-earlier";
import { useStickToEnd } from "../hooks/use-stick-to-end";
import { ChatInput } from "./chat-input";
import { ChatMessage } from "./chat-message";
import "./chat.css";

interface ChatPanelProps {
  draft: string;
  onDraft: (draft: string) => void;
}

export function ChatPanel({ draft, onDraft }: ChatPanelProps) {
  const { t } = useTranslation();
  const session = useSession();
  const recent = useView((view) => view.chat);
  const { entries, hasEarlier, isLoading, loadEarlier } = useEarlier(recent);
  const { list, onScroll, hasNews, toEnd } = useStickToEnd(recent.length);
  const send = (body: string) => {
    session.sendChat(body);
    toEnd();
  };
  return (
    <div className="chat">
      {/* A scrolling region must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="chat-list" ref={list} onScroll={onScroll} role="log" aria-label={t("chat.title")} tabIndex={0}>
        {hasEarlier ? (
          <Button kind="quiet" isPending={isLoading} onPress={loadEarlier} className="chat-earlier">
            {t("chat.earlier")}
          </Button>
        ) : null}
        {entries.length === 0 ? <Empty /> : null}
        {groupChat(entries).map((group) => (
          <Group key={group.id} group={group} />
        ))}
      </div>
      {hasNews ? (
        <Button kind="primary" className="chat-news" onPress={toEnd}>
          <ArrowDown size={16} aria-hidden="true" />
          {t("chat.newMessages")}
        </Button>
      ) : null}
      <ChatInput draft={draft} onDraft={onDraft} onSend={send} />
    </div>
  );
}

function Group({ group }: { group: ChatGroup }) {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: "short" }).format(new Date(group.sentAt));
  return (
    <article className="chat-group" data-self={group.isSelf ? "" : undefined}>
      <header className="chat-group-header">
        <span className="chat-author">{group.isSelf ? t("chat.you") : group.displayName}</span>
        <time dateTime={group.sentAt} className="muted numeric">
          {time}
        </time>
      </header>
      {group.entries.map((entry) => (
        <ChatMessage key={entry.messageId} entry={entry} onRetry={(id) => session.retryChat(id)} />
      ))}
    </article>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <div className="chat-empty">
      <MessageSquare size={28} aria-hidden="true" />
      <p>{t("chat.empty")}</p>
      <p className="muted">{t("chat.emptyText")}</p>
    </div>
  );
}
