/** The form's content, and the requests it becomes. */
import type { MeetingOptions, MeetingSummary, NewInvitee, ScheduleInput, Scope } from "../../core/types";
import type { Recurrence } from "../../ui/recurrence";
import { ONCE, readRule, writeRule } from "../../ui/recurrence";
import { ownTimeZone, toWall } from "../../ui/when";

export const DURATIONS_MIN = [15, 30, 45, 60, 90, 120, 180, 240, 480];

export interface Draft {
  title: string;
  description: string;
  date: string;
  time: string;
  timeZone: string;
  durationMin: number;
  recurrence: Recurrence;
  invitees: NewInvitee[];
  roomId: string | null;
  /** Null: as the room has it, or as it is. */
  password: string | null;
  guestsAllowed: boolean | null;
  options: Partial<MeetingOptions>;
}

const HALF_HOUR_MS = 30 * 60_000;

export function newDraft(now: Date): Draft {
  const timeZone = ownTimeZone();
  const start = new Date(Math.ceil((now.getTime() + HALF_HOUR_MS / 3) / HALF_HOUR_MS) * HALF_HOUR_MS);
  return {
    ...toWall(start, timeZone),
    title: "",
    description: "",
    timeZone,
    durationMin: 60,
    recurrence: ONCE,
    invitees: [],
    roomId: null,
    password: null,
    guestsAllowed: null,
    options: {},
  };
}

export function draftOf(meeting: MeetingSummary, now: Date): Draft {
  const { startsAt, endsAt, timeZone } = meeting;
  const empty = newDraft(now);
  const described = { ...empty, title: meeting.title, description: meeting.description ?? "", roomId: meeting.roomId };
  if (startsAt === null || endsAt === null || timeZone === null) return described;
  const wall = toWall(new Date(startsAt), timeZone);
  return {
    ...described,
    ...wall,
    timeZone,
    durationMin: Math.round((Date.parse(endsAt) - Date.parse(startsAt)) / 60_000),
    recurrence: readRule(meeting.recurrence, wall.date, timeZone),
    guestsAllowed: meeting.guestsAllowed,
    options: meeting.options,
  };
}

/** What a new meeting is asked for with. */
export function inputOf(draft: Draft): ScheduleInput {
  const rule = writeRule(draft.recurrence, draft.date);
  return {
    ...timesOf(draft),
    ...(draft.title.trim() !== "" && { title: draft.title.trim() }),
    ...(draft.description.trim() !== "" && { description: draft.description.trim() }),
    ...(draft.password !== null && draft.password !== "" && { password: draft.password }),
    ...(draft.guestsAllowed !== null && { guestsAllowed: draft.guestsAllowed }),
    ...(draft.roomId !== null && { roomId: draft.roomId }),
    ...(rule !== null && { recurrence: rule }),
    ...(Object.keys(draft.options).length > 0 && { options: draft.options }),
    ...(draft.invitees.length > 0 && { invitees: draft.invitees }),
  };
}

/** Only what differs: those invited get a letter for what changes. */
export function changeOf(before: Draft, after: Draft, scope: Scope): ScheduleInput {
  const moved = JSON.stringify(timesOf(before)) !== JSON.stringify(timesOf(after));
  const rule = writeRule(after.recurrence, after.date);
  const ruled = scope !== "this" && rule !== null && (rule !== writeRule(before.recurrence, before.date) || before.date !== after.date);
  return {
    ...(moved && timesOf(after)),
    ...(ruled && { recurrence: rule }),
    ...(after.title.trim() !== before.title && after.title.trim() !== "" && { title: after.title.trim() }),
    ...(after.description.trim() !== before.description && { description: after.description.trim() || null }),
    ...(after.password !== null && { password: after.password || null }),
    ...(after.guestsAllowed !== null && after.guestsAllowed !== before.guestsAllowed && { guestsAllowed: after.guestsAllowed }),
    ...optionsChanged(before.options, after.options),
  };
}

function timesOf(draft: Draft): ScheduleInput {
  return { startsAt: `${draft.date}T${draft.time}`, timeZone: draft.timeZone, durationMin: draft.durationMin };
}

function optionsChanged(before: Partial<MeetingOptions>, after: Partial<MeetingOptions>): ScheduleInput {
  const changed = Object.entries(after).filter(([name, value]) => before[name as keyof MeetingOptions] !== value);
  return changed.length === 0 ? {} : { options: Object.fromEntries(changed) };
}

const ADDRESS = /^[^\s@<>"(),:;[\]\\]{1,64}@[^\s@<>"(),:;[\]\\]+$/u;

/** Addresses as people paste them: separated by commas, semicolons or lines, with names or without. */
export function parseInvitees(text: string): { invitees: NewInvitee[]; wrong: string[] } {
  const invitees: NewInvitee[] = [];
  const wrong: string[] = [];
  for (const part of text.split(/[,;，；、\n]+/u).map((each) => each.trim()).filter(Boolean)) {
    const named = /^"?([^"<]*?)"?\s*<([^>]+)>$/u.exec(part);
    const email = (named?.[2] ?? part).trim();
    const displayName = named?.[1]?.trim() ?? "";
    if (ADDRESS.test(email)) invitees.push({ email, ...(displayName !== "" && { displayName }) });
    else wrong.push(part);
  }
  return { invitees, wrong };
}
