/** Plans to look at: what the demo page shows on its pages outside of a meeting. */
import type { MeetingSummary } from "../core/types";
import { meeting } from "./fake-core";
import { ROOM } from "./fake-schedule";
import type { FakePlans } from "./fake-schedule";

const TITLES = ["产品周会", "Weekly catch-up", "", "Design review: the new stage"];
const DAY_MS = 24 * 3600_000;

function planned(index: number, now: Date): MeetingSummary {
  const start = new Date(new Date(now).setHours(9 + index, 30, 0, 0) + Math.floor(index / 2) * DAY_MS);
  return meeting({
    meetingId: `u-${index}`,
    meetingNo: String(923456789 + index * 7919),
    title: TITLES[index % 4] ?? "",
    description: "What we did, what we do next.\nSlides: https://example.org/slides",
    status: index === 0 ? "live" : index === 1 ? "lobby_open" : "scheduled",
    startedAt: index === 0 ? start.toISOString() : null,
    startsAt: start.toISOString(),
    endsAt: new Date(start.getTime() + 45 * 60_000).toISOString(),
    opensAt: new Date(start.getTime() - 15 * 60_000).toISOString(),
    timeZone: "Asia/Shanghai",
    seriesId: index % 3 === 0 ? "s-1" : null,
    recurrence: index % 3 === 0 ? "FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=2;COUNT=10" : null,
    answer: index % 3 === 2 ? "accepted" : null,
    hasPassword: index % 4 === 1,
  });
}

function took(index: number): MeetingSummary {
  return meeting({
    meetingId: `m-${index}`,
    meetingNo: String(123456789 + index * 7919),
    title: TITLES[index % 4] ?? "",
    status: "ended",
    hasPassword: index % 5 === 1,
    participantCount: 1 + ((index * 7) % 23),
    startedAt: new Date(Date.UTC(2026, 0, 20 - Math.floor(index / 2), 9, 30)).toISOString(),
  });
}

export function demoPlans(now: Date): FakePlans {
  const upcoming = Array.from({ length: 7 }, (_, index) => planned(index, now));
  const next = upcoming[0] ?? meeting();
  return {
    upcoming,
    past: Array.from({ length: 19 }, (_, index) => took(index)),
    invitees: [
      { inviteeId: "i-1", email: "zhou@example.org", displayName: "周明", answer: "accepted", answeredAt: null },
      { inviteeId: "i-2", email: "eve@elsewhere.example", displayName: "", answer: "needs_action", answeredAt: null },
      { inviteeId: "i-3", email: "bob@example.org", displayName: "Bob", answer: "declined", answeredAt: null },
    ],
    invitation: {
      title: next.title,
      description: next.description,
      hostName: next.hostName,
      status: "scheduled",
      startsAt: next.startsAt,
      endsAt: next.endsAt,
      timeZone: next.timeZone,
      recurrence: next.recurrence,
      meetingNo: next.meetingNo,
      joinUrl: next.joinUrl,
      email: "eve@elsewhere.example",
      displayName: "",
      answer: "needs_action",
    },
    rooms: [ROOM, { ...ROOM, roomId: "r-2", slug: "lab-abcd-efg", displayName: "Design lab", personal: false, hasPassword: true }],
    members: [
      { userId: "u-1", displayName: "林小雨", role: "owner" },
      { userId: "u-2", displayName: "周明", role: "member" },
    ],
  };
}
