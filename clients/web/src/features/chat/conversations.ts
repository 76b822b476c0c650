/** Which messages belong together: those to everyone, and those with one person each. Pure. */
import type { ChatEntry } from "../../core/types";

export const EVERYONE = "everyone";

export interface Partner {
  participantId: string;
  displayName: string;
}

/** With whom a private message was exchanged; null: it is to everyone. */
function partnerOf(entry: ChatEntry): Partner | null {
  if (entry.recipientId === null) return null;
  return entry.isSelf
    ? { participantId: entry.recipientId, displayName: entry.recipientName ?? "" }
    : { participantId: entry.participantId, displayName: entry.displayName };
}

function conversationOf(entry: ChatEntry): string {
  return partnerOf(entry)?.participantId ?? EVERYONE;
}

export function inConversation(entries: ChatEntry[], conversation: string): ChatEntry[] {
  return entries.filter((entry) => conversationOf(entry) === conversation);
}

/** Those with whom private messages were exchanged, the latest first. */
export function partnersIn(entries: ChatEntry[]): Partner[] {
  const found = new Map<string, Partner>();
  for (const entry of [...entries].reverse()) {
    const partner = partnerOf(entry);
    if (partner === null || found.get(partner.participantId)?.displayName) continue;
    found.set(partner.participantId, partner);
  }
  return [...found.values()];
}

/** Up to which number each conversation was read; each counts for itself. */
export type ReadMarks = Readonly<Record<string, number>>;

export function newestMarks(entries: ChatEntry[]): ReadMarks {
  const marks: Record<string, number> = {};
  for (const entry of entries) {
    const conversation = conversationOf(entry);
    marks[conversation] = Math.max(marks[conversation] ?? 0, entry.seq ?? 0);
  }
  return marks;
}

/** How many messages of others are unread, by conversation. */
export function countUnread(entries: ChatEntry[], marks: ReadMarks): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const conversation = conversationOf(entry);
    const isNews = !entry.isSelf && (entry.seq ?? 0) > (marks[conversation] ?? 0);
    if (isNews && entry.deletedAt === null) counts.set(conversation, (counts.get(conversation) ?? 0) + 1);
  }
  return counts;
}
