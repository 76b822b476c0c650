/** What the interface sees of schedules: meetings to come, invitations, rooms, and who was there. */
import type { MeetingRole, MeetingSummary } from "./types";

export interface MeetingOptions {
  lobby: "off" | "guests" | "everyone";
  muteOnEntry: boolean;
  attendeesMayUnmute: boolean;
  attendeesMayShare: boolean;
  attendeesMayUseCamera: boolean;
  attendeesMayChat: "everyone" | "hosts" | "off";
  historyForLate: boolean;
  joinBeforeHost: boolean;
  lobbyOpensMin: number;
}

export type Answer = "needs_action" | "accepted" | "declined" | "tentative";
export type GivenAnswer = Exclude<Answer, "needs_action">;
/** Of a series: this meeting, this and those after it, or all that are to come. */
export type Scope = "this" | "following" | "all";

/** What a meeting has beside its name and number; an instant one has no times. */
export interface Scheduled {
  roomId: string;
  description: string | null;
  startsAt: string | null;
  endsAt: string | null;
  /** From when on others than hosts may come. */
  opensAt: string | null;
  timeZone: string | null;
  seriesId: string | null;
  /** The rule of its series (RFC 5545). */
  recurrence: string | null;
  changedAlone: boolean;
  version: number;
  /** What the person answered to the invitation; null: not invited. */
  answer: Answer | null;
  options: MeetingOptions;
}

/** Absent stays as it is, or as the room has it. `startsAt` is an hour on the wall of `timeZone`: 2026-03-02T10:00. */
export interface ScheduleInput {
  title?: string;
  description?: string | null;
  password?: string | null;
  guestsAllowed?: boolean;
  roomId?: string;
  options?: Partial<MeetingOptions>;
  startsAt?: string;
  timeZone?: string;
  durationMin?: number;
  recurrence?: string;
  invitees?: NewInvitee[];
}

export interface NewInvitee {
  email: string;
  displayName?: string;
}

export interface Invitee {
  inviteeId: string;
  email: string;
  displayName: string;
  answer: Answer;
  answeredAt: string | null;
}

/** What the link in a letter shows; of a series its next meeting. */
export interface Invitation {
  title: string;
  description: string | null;
  hostName: string;
  status: MeetingSummary["status"];
  startsAt: string | null;
  endsAt: string | null;
  timeZone: string | null;
  recurrence: string | null;
  meetingNo: string;
  joinUrl: string;
  email: string;
  displayName: string;
  answer: Answer;
}

export interface MeetingRun {
  sessionId: string;
  startedAt: string;
  endedAt: string | null;
  attendeeCount: number;
}

interface Attendee {
  participantId: string;
  displayName: string;
  role: MeetingRole;
  isGuest: boolean;
  stays: { enteredAt: string; leftAt: string | null }[];
  presentS: number;
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Schedule {
  create(input: ScheduleInput): Promise<MeetingSummary>;
  get(meetingId: string): Promise<MeetingSummary>;
  list(when: "upcoming" | "past", cursor: string | null, limit: number): Promise<Page<MeetingSummary>>;
  /** `version`: the one that the person saw; refused with `precondition_failed` when it is not the present one. */
  change(meetingId: string, change: ScheduleInput, scope: Scope, version: number): Promise<MeetingSummary>;
  cancel(meetingId: string, scope: Scope): Promise<void>;
  invitees(meetingId: string): Promise<Invitee[]>;
  invite(meetingId: string, people: NewInvitee[]): Promise<Invitee[]>;
  uninvite(meetingId: string, inviteeId: string): Promise<void>;
  answer(meetingId: string, answer: GivenAnswer): Promise<void>;
  invitation(token: string): Promise<Invitation>;
  answerInvitation(token: string, answer: GivenAnswer): Promise<Invitation>;
  sessions(meetingId: string): Promise<Page<MeetingRun>>;
  attendance(meetingId: string, sessionId: string): Promise<Page<Attendee>>;
  /** The table for a spreadsheet. */
  attendanceTable(meetingId: string, sessionId: string): Promise<Blob>;
  /** The meeting, or its series, for a calendar. */
  calendarEntry(meetingId: string): Promise<Blob>;
  /** Since when the person's calendar has a secret address; the address is shown once, when it is made. */
  feed(): Promise<{ createdAt: string | null }>;
  createFeed(): Promise<{ url: string }>;
  deleteFeed(): Promise<void>;
}

export type RoomRole = "owner" | "member";

export interface MeetingRoom {
  roomId: string;
  slug: string;
  link: string;
  displayName: string;
  personal: boolean;
  role: RoomRole;
  guestsAllowed: boolean;
  hasPassword: boolean;
  options: MeetingOptions;
}

/** `password` null: none any more. */
interface RoomInput {
  displayName?: string;
  guestsAllowed?: boolean;
  password?: string | null;
  options?: Partial<MeetingOptions>;
}

export interface RoomMember {
  userId: string;
  displayName: string;
  role: RoomRole;
}

export interface Rooms {
  list(): Promise<MeetingRoom[]>;
  create(input: RoomInput & { displayName: string }): Promise<MeetingRoom>;
  change(roomId: string, change: RoomInput): Promise<MeetingRoom>;
  close(roomId: string): Promise<void>;
  /** What anyone with the link may know; `meetingNo`: of the meeting to go to, once there is one. */
  preview(slug: string): Promise<{ slug: string; displayName: string; meetingNo: string | null }>;
  /** The meeting held in the room at once; made if there is none. */
  open(roomId: string): Promise<MeetingSummary>;
  members(roomId: string): Promise<RoomMember[]>;
  addMember(roomId: string, email: string): Promise<RoomMember>;
  changeMember(roomId: string, userId: string, role: RoomRole): Promise<RoomMember>;
  removeMember(roomId: string, userId: string): Promise<void>;
}
