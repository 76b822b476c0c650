/** The part of the fake core that plans: what a test put into `plans` is answered. */
import type {
  Invitation,
  Invitee,
  MeetingRoom,
  MeetingSummary,
  RoomMember,
  Rooms,
  Schedule,
  Scheduled,
} from "../core/types";
import { OPTIONS } from "./fake-session";

export const UNSCHEDULED: Scheduled = {
  roomId: "r-1",
  description: null,
  startsAt: null,
  endsAt: null,
  opensAt: null,
  timeZone: null,
  seriesId: null,
  recurrence: null,
  changedAlone: false,
  version: 1,
  answer: null,
  options: OPTIONS,
};

export const ROOM: MeetingRoom = {
  roomId: "r-1",
  slug: "abc-defg-hjk",
  link: "https://meet.example.org/r/abc-defg-hjk",
  displayName: "林小雨",
  personal: true,
  role: "owner",
  guestsAllowed: true,
  hasPassword: false,
  options: OPTIONS,
};

export interface FakePlans {
  upcoming: MeetingSummary[];
  past: MeetingSummary[];
  invitees: Invitee[];
  invitation: Invitation | null;
  rooms: MeetingRoom[];
  members: RoomMember[];
}

type Answering = <T>(name: string, argument: unknown, value: T) => Promise<T>;
type MakeMeeting = (part?: Partial<MeetingSummary>) => MeetingSummary;

export function fakeSchedule(answer: Answering, plans: FakePlans, meeting: MakeMeeting): Schedule {
  const known = () => plans.upcoming[0] ?? plans.past[0] ?? meeting();
  const invitation = () => plans.invitation ?? ({} as Invitation);
  return {
    create: (input) => answer("schedule", input, known()),
    get: (meetingId) => answer("getMeeting", meetingId, known()),
    list: (when, cursor, limit) => answer("list", [when, cursor, limit], pageOf(plans[when], cursor, limit)),
    change: (...all) => answer("change", all, known()),
    cancel: (...all) => answer("cancel", all, undefined),
    invitees: (meetingId) => answer("invitees", meetingId, plans.invitees),
    invite: (...all) => answer("invite", all, plans.invitees),
    uninvite: (...all) => answer("uninvite", all, undefined),
    answer: (...all) => answer("answer", all, undefined),
    invitation: (token) => answer("invitation", token, invitation()),
    answerInvitation: (token, given) => answer("answerInvitation", [token, given], { ...invitation(), answer: given }),
    sessions: (meetingId) => answer("sessions", meetingId, SESSIONS),
    attendance: (...all) => answer("attendance", all, ATTENDANCE),
    attendanceTable: (...all) => answer("attendanceTable", all, new Blob(["name"])),
    calendarEntry: (meetingId) => answer("calendarEntry", meetingId, new Blob(["BEGIN:VCALENDAR"])),
    feed: () => answer("feed", null, { createdAt: null }),
    createFeed: () => answer("createFeed", null, { url: "https://meet.example.org/api/v1/calendar/secret.ics" }),
    deleteFeed: () => answer("deleteFeed", null, undefined),
  };
}

const SESSIONS = {
  items: [
    { sessionId: "s-1", startedAt: "2026-01-05T09:00:00Z", endedAt: "2026-01-05T09:42:00Z", attendeeCount: 2 },
  ],
  nextCursor: null,
};
const ATTENDANCE = {
  items: [
    {
      participantId: "p-1",
      displayName: "周明",
      role: "attendee" as const,
      isGuest: true,
      stays: [{ enteredAt: "2026-01-05T09:01:00Z", leftAt: "2026-01-05T09:41:00Z" }],
      presentS: 2400,
    },
  ],
  nextCursor: null,
};

export function fakeRooms(answer: Answering, plans: FakePlans, meeting: MakeMeeting): Rooms {
  return {
    list: () => answer("rooms", null, plans.rooms.length === 0 ? [ROOM] : plans.rooms),
    create: (input) => answer("createRoom", input, ROOM),
    change: (...all) => answer("changeRoom", all, ROOM),
    close: (roomId) => answer("closeRoom", roomId, undefined),
    preview: (slug) => answer("previewRoom", slug, { slug, displayName: ROOM.displayName, meetingNo: null }),
    open: (roomId) => answer("openRoom", roomId, meeting()),
    members: (roomId) => answer("members", roomId, plans.members),
    addMember: (...all) => answer("addMember", all, { userId: "u-2", displayName: "周明", role: "member" as const }),
    changeMember: (...all) => answer("changeMember", all, { userId: "u-2", displayName: "周明", role: all[2] }),
    removeMember: (...all) => answer("removeMember", all, undefined),
  };
}

function pageOf(items: MeetingSummary[], cursor: string | null, limit: number) {
  const start = Number(cursor ?? 0);
  const end = start + limit;
  return { items: items.slice(start, end), nextCursor: end < items.length ? String(end) : null };
}
