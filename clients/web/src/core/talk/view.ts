/** Messages and polls as the interface sees them. Pure. */
import type { Camelized } from "../camelize";
import { camelize } from "../camelize";
import type { ChatMessage, PollState } from "../protocol";
import type { PendingChat } from "../room/pending-chat";
import type { ChatEntry, Poll } from "./types";

export function chatEntry(message: ChatMessage, selfId: string | null): ChatEntry {
  return completeEntry(camelize(message), message.participant_id === selfId);
}

/** Puts null where the server left something out. */
export function completeEntry(entry: Camelized<ChatMessage>, isSelf: boolean): ChatEntry {
  return {
    ...entry,
    recipientId: entry.recipientId ?? null,
    recipientName: entry.recipientName ?? null,
    replyTo: entry.replyTo ?? null,
    editedAt: entry.editedAt ?? null,
    deletedAt: entry.deletedAt ?? null,
    deletedBy: entry.deletedBy ?? null,
    files: entry.files.map((file) => ({ ...file, width: file.width ?? null, height: file.height ?? null })),
    isSelf,
    failed: null,
  };
}

export function pendingEntry(chat: PendingChat, selfId: string, displayName: string): ChatEntry {
  const { extras, ...rest } = chat;
  return {
    ...rest,
    seq: null,
    participantId: selfId,
    displayName,
    isSelf: true,
    version: 0,
    recipientId: extras.to ?? null,
    recipientName: null,
    replyTo: extras.replyTo ?? null,
    editedAt: null,
    deletedAt: null,
    deletedBy: null,
    reactions: [],
    files: extras.files ?? [],
  };
}

export function pollView(poll: PollState): Poll {
  return completePoll(camelize(poll));
}

export function completePoll(view: Camelized<PollState>): Poll {
  return { ...view, counts: view.counts ?? null, correct: view.correct ?? null, choice: view.choice ?? null };
}
