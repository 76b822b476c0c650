/** Meetings by the day they are on, where the person is. */
import type { MeetingSummary } from "../../core/types";

export interface Day {
  /** Local midnight, as a key. */
  key: string;
  kind: "now" | "today" | "tomorrow" | "other";
  /** A moment of the day. */
  at: string;
  meetings: MeetingSummary[];
}

/** When a meeting is listed: its time, or when an instant one began. */
export function timeOf(meeting: MeetingSummary): string {
  return meeting.startedAt ?? meeting.startsAt ?? meeting.createdAt;
}

/** Keeps the order; what can be joined right now comes first, whatever day it was planned for. */
export function groupByDay(meetings: MeetingSummary[], now: Date): Day[] {
  const days = new Map<string, Day>();
  for (const meeting of [...meetings].sort((a, b) => Number(isNow(b)) - Number(isNow(a)))) {
    const at = timeOf(meeting);
    const key = isNow(meeting) ? "now" : dayKey(new Date(at));
    const day = days.get(key) ?? { key, kind: kindOf(key, now), at, meetings: [] };
    day.meetings.push(meeting);
    days.set(key, day);
  }
  return [...days.values()];
}

function isNow(meeting: MeetingSummary): boolean {
  return meeting.status === "live" || meeting.status === "lobby_open" || (meeting.status === "scheduled" && meeting.startsAt === null);
}

function kindOf(key: string, now: Date): Day["kind"] {
  if (key === "now") return "now";
  if (key === dayKey(now)) return "today";
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  return key === dayKey(tomorrow) ? "tomorrow" : "other";
}

function dayKey(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
