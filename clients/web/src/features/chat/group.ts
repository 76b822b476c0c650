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

/** The highest number that has been given out; 0 for an empty chat. */
export function lastSeq(entries: ChatEntry[]): number {
  return entries.reduce((highest, entry) => Math.max(highest, entry.seq ?? 0), 0);
}

export function countUnread(entries: ChatEntry[], readSeq: number): number {
  return entries.filter((entry) => !entry.isSelf && (entry.seq ?? 0) > readSeq).length;
}
