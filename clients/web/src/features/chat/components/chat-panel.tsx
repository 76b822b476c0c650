/** The chat of the meeting: with everyone, or privately with one. */
import { useState } from "react";
import type { DragEvent } from "react";
import { ArrowDown } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { ChatEntry, ChatQuote } from "../../../core/types";
import { useAttempt, useFailures } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { Confirm } from "../../../ui/dialog";
import { useIsHost, useSession, useView } from "../../../ui/meeting";
import { EVERYONE, inConversation, partnersIn } from "../conversations";
import type { ChatDesk } from "../hooks/use-chat-desk";
import { useEarlier } from "../hooks/use-earlier";
import { useStickToEnd } from "../hooks/use-stick-to-end";
import { ChatHead } from "./chat-head";
import { ChatInput } from "./chat-input";
import { ChatList } from "./chat-list";
import { ChatMessage } from "./chat-message";
import type { MessageActions } from "./chat-message";
import { FoundList } from "./found-list";
import "./chat.css";

export function ChatPanel({ desk }: { desk: ChatDesk }) {
  const { t } = useTranslation();
  const meetingId = useView((view) => view.meeting?.meetingId ?? null);
  const selfId = useView((view) => view.selfId);
  const pictures = useView((view) => view.pictures);
  const failures = useFailures();
  const [words, setWords] = useState("");
  const [deleting, setDeleting] = useState<ChatEntry | null>(null);
  const { entries, earlier } = useEntries(desk.conversation);
  const { list, onScroll, hasNews, toEnd } = useStickToEnd(entries.at(-1)?.messageId ?? "");
  const actionsOf = useActions(desk, setDeleting);
  const { send, remove } = useSending(desk, toEnd);
  const name = useNameOf(desk.conversation);
  const isPrivate = desk.conversation !== EVERYONE;

  return (
    // Files may be dropped anywhere; the button in the bar does the same.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="chat" onDragOver={(event) => event.preventDefault()} onDrop={onDrop(desk)}>
      <ChatHead desk={desk} words={words} onWords={setWords} />
      {words.trim() === "" ? (
        <ChatList
          entries={entries}
          render={(entry) => (
            <ChatMessage key={entry.messageId} meetingId={meetingId} entry={entry} selfId={selfId} actions={actionsOf(entry)} />
          )}
          emptyText={isPrivate ? t("chat.emptyPrivate", { name }) : t("chat.emptyText")}
          earlier={earlier}
          list={list}
          onScroll={onScroll}
          pictures={pictures}
        />
      ) : (
        <FoundList meetingId={meetingId} words={words} selfId={selfId} onProblem={failures.tell} />
      )}
      {hasNews && words.trim() === "" ? (
        <Button kind="primary" className="chat-news" onPress={toEnd}>
          <ArrowDown size={16} aria-hidden="true" />
          {t("chat.newMessages")}
        </Button>
      ) : null}
      <ChatInput
        desk={desk}
        label={isPrivate ? t("chat.placeholderPrivate", { name }) : t("chat.placeholder")}
        onSend={send}
      />
      <Confirm
        isOpen={deleting !== null}
        title={t("chat.deleteTitle")}
        text={t("chat.deleteText")}
        action={t("chat.delete")}
        onConfirm={() => deleting !== null && remove(deleting)}
        onClose={() => setDeleting(null)}
      />
    </div>
  );
}

function onDrop({ uploads }: ChatDesk) {
  return (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    uploads.add(event.dataTransfer.files);
  };
}

function useEntries(conversation: string) {
  const chat = useView((view) => view.chat);
  const recent = inConversation(chat, conversation);
  const { earlier, hasEarlier, isLoading, loadEarlier } = useEarlier(inConversation(chat, EVERYONE));
  if (conversation !== EVERYONE) return { entries: recent };
  return {
    entries: [...earlier, ...recent],
    earlier: hasEarlier ? { load: loadEarlier, isLoading } : undefined,
  };
}

function useNameOf(participantId: string): string {
  const people = useView((view) => view.participants);
  const chat = useView((view) => view.chat);
  const known = [...people, ...partnersIn(chat)].find((person) => person.participantId === participantId);
  return known?.displayName ?? "";
}

function useSending(desk: ChatDesk, toEnd: () => void) {
  const session = useSession();
  const attempt = useAttempt();
  const send = (body: string) => {
    if (desk.editing !== null) {
      attempt(session.editChat(desk.editing.messageId, body));
      desk.edit(null);
      return;
    }
    const quoted = desk.answering;
    const files = desk.uploads.take();
    session.sendChat(body, {
      to: desk.conversation === EVERYONE ? undefined : desk.conversation,
      replyTo: quoted === null ? undefined : quoteOf(quoted),
      files: files.length === 0 ? undefined : files,
    });
    desk.setDraft("");
    desk.answer(null);
    toEnd();
  };
  return { send, remove: (entry: ChatEntry) => attempt(session.deleteChat(entry.messageId)) };
}

function quoteOf({ messageId, participantId, displayName, body }: ChatEntry): ChatQuote {
  return { messageId, participantId, displayName, body, deleted: false };
}

/** Everyone answers and reacts, authors edit and delete, hosts delete what is not private. */
function useActions(desk: ChatDesk, onDelete: (entry: ChatEntry) => void): (entry: ChatEntry) => MessageActions {
  const session = useSession();
  const attempt = useAttempt();
  const failures = useFailures();
  const isHost = useIsHost();
  const mayWrite = useView((view) => view.role !== "observer");
  return (entry) => ({
    problem: failures.tell,
    retry: () => session.retryChat(entry.messageId),
    react: mayWrite ? (emoji, on) => attempt(session.reactToChat(entry.messageId, emoji, on)) : undefined,
    answer: mayWrite ? () => desk.answer(entry) : undefined,
    edit: entry.isSelf && entry.body !== "" ? () => desk.edit(entry) : undefined,
    remove: entry.isSelf || (isHost && entry.recipientId === null) ? () => onDelete(entry) : undefined,
  });
}
