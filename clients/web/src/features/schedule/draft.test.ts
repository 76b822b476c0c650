import { describe, expect, it } from "vitest";

import { meeting } from "../../testing/fake-core";
import { changeOf, draftOf, inputOf, newDraft, parseInvitees } from "./draft";

const NOW = new Date("2026-03-01T12:00:00Z");
const WEEKLY = meeting({
  title: "Weekly",
  startsAt: "2026-03-30T08:00:00Z",
  endsAt: "2026-03-30T08:45:00Z",
  timeZone: "Europe/Berlin",
  recurrence: "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
  seriesId: "s-1",
});

describe("the draft", () => {
  it("begins at the next half hour, somewhat ahead", () => {
    const draft = newDraft(new Date("2026-03-01T12:25:00Z"));
    expect(new Date(`${draft.date}T${draft.time}:00`).getTime() % 1_800_000).toBe(0);
    expect(inputOf(draft)).toEqual({ startsAt: `${draft.date}T${draft.time}`, timeZone: draft.timeZone, durationMin: 60 });
  });

  it("of a meeting that stays changes nothing", () => {
    const draft = draftOf(WEEKLY, NOW);
    expect(draft).toMatchObject({ date: "2026-03-30", time: "10:00", durationMin: 45 });
    expect(changeOf(draft, draft, "all")).toEqual({});
  });

  it("sends the rule again with a new day, but not for one meeting alone", () => {
    const before = draftOf(WEEKLY, NOW);
    const after = { ...before, date: "2026-03-31", description: "New" };
    const times = { startsAt: "2026-03-31T10:00", timeZone: "Europe/Berlin", durationMin: 45 };
    expect(changeOf(before, after, "this")).toEqual({ ...times, description: "New" });
    expect(changeOf(before, after, "all")).toMatchObject({ ...times, recurrence: "FREQ=WEEKLY;BYDAY=TU;COUNT=5" });
  });

  it("sends only the options that changed", () => {
    const before = draftOf(WEEKLY, NOW);
    const after = { ...before, options: { ...before.options, lobby: "everyone" as const }, password: "" };
    expect(changeOf(before, after, "this")).toEqual({ options: { lobby: "everyone" }, password: null });
  });
});

describe("pasted addresses", () => {
  it("are told apart, with their names, and what is none is named", () => {
    expect(parseInvitees('a@example.org; "Eve, E" <no, Bob B <bob@example.org>\n周明 <zhou@example.org>，nobody')).toEqual({
      invitees: [
        { email: "a@example.org" },
        { email: "bob@example.org", displayName: "Bob B" },
        { email: "zhou@example.org", displayName: "周明" },
      ],
      wrong: ['"Eve', 'E" <no', "nobody"],
    });
  });
});
