/** One's own messages that the server has not confirmed: shown at once, in the order of writing. Pure. */
import type { ChatMessage } from "../protocol";
import type { ChatExtras } from "../talk/types";
import type { Problem } from "../types";

export interface PendingChat {
  messageId: string;
  body: string;
  extras: ChatExtras;
  sentAt: string;
  failed: Problem | null;
}

export type PendingChats = readonly PendingChat[];

export function addPending(pending: PendingChats, chat: PendingChat): PendingChats {
  return [...pending, chat];
}

export function dropPending(pending: PendingChats, messageId: string): PendingChats {
  return pending.filter((chat) => chat.messageId !== messageId);
}

export function failPending(pending: PendingChats, messageId: string, failed: Problem | null): PendingChats {
  return pending.map((chat) => (chat.messageId === messageId ? { ...chat, failed } : chat));
}

/** One's own message came as an event before its answer: it stands for the oldest pending one of the same text. */
export function confirmByEvent(pending: PendingChats, message: ChatMessage): PendingChats {
  const to = message.recipient_id ?? undefined;
  const confirmed = pending.find(
    (chat) => chat.failed === null && chat.body.trim() === message.body && chat.extras.to === to,
  );
  return confirmed === undefined ? pending : dropPending(pending, confirmed.messageId);
}
