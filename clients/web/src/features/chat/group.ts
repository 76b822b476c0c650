/** Messages of one person in a row are one group: the name is said once. */
import type { ChatEntry } from "../../core/types";

const TOGETHER_MS = 5 * 60 * 1000;

export interface ChatGroup {
  /** The first message's id. */
  id: string;
  participantId: string;
  displayName: string;
  sentAt: string;
  isSelf: boolean;
  entries: ChatEntry[];
}

export function groupChat(entries: ChatEntry[]): ChatGroup[] {
  const groups: ChatGroup[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last !== undefined && belongs(last, entry)) last.entries.push(entry);
    else groups.push({ ...entry, id: entry.messageId, entries: [entry] });
  }
  return groups;
}

function belongs(group: ChatGroup, entry: ChatEntry): boolean {
  const apart = Date.parse(entry.sentAt) - Date.parse(group.sentAt);
  return group.participantId === entry.participantId && group.displayName === entry.displayName && apart < TOGETHER_MS;
}

export interface ReactionCount {
  emoji: string;
  names: string[];
  isMine: boolean;
}

/** Reactions by emoji, in the order in which each came first. */
export function countReactions(entry: ChatEntry, selfId: string | null): ReactionCount[] {
  const found = new Map<string, ReactionCount>();
  for (const { emoji, participantId, displayName } of entry.reactions) {
    const count = found.get(emoji) ?? { emoji, names: [], isMine: false };
    count.names.push(displayName);
    count.isMine ||= participantId === selfId;
    found.set(emoji, count);
  }
  return [...found.values()];
}
