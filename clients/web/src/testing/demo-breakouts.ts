/** Breakout rooms for the demo page: `planned`, `open`, `choose` or `inside`. */
import type { Breakouts, MeetingView } from "../core/types";

const ROOMS = ["设计讨论", "Pricing and packaging for the next year", "Room 3"];

export function demoBreakouts(what: string): Partial<MeetingView> {
  const breakouts: Breakouts = {
    status: what === "planned" ? "planned" : "open",
    assignment: what === "choose" ? "choose" : "manual",
    mayReturn: true,
    endsAt: what === "planned" ? null : new Date(Date.now() + 754_000).toISOString(),
    here: what === "inside" ? "b-1" : null,
    rooms: ROOMS.map((title, index) => ({
      breakoutId: `b-${index + 1}`,
      title,
      helpBy: what === "open" && index === 1 ? "Emmy Noether" : null,
    })),
    places: ["Emmy Noether", "黄子韬", "Sofja Kowalewskaja"].map((displayName, index) => ({
      participantId: `r-${index}`,
      displayName,
      breakoutId: `b-${index === 2 ? 1 : 2}`,
      insideId: index === 1 ? "b-1" : `b-${index === 2 ? 1 : 2}`,
    })),
  };
  return what === "inside" || what === "choose" ? { breakouts, role: "attendee" } : { breakouts };
}
