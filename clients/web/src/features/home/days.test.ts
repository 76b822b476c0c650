import { describe, expect, it } from "vitest";

import { meeting } from "../../testing/fake-core";
import { groupByDay } from "./days";

const NOW = new Date(2026, 2, 2, 12);
const at = (day: number, hour: number) => new Date(2026, 2, day, hour).toISOString();
const planned = (meetingId: string, startsAt: string) => meeting({ meetingId, startsAt, startedAt: null, status: "scheduled" });

describe("meetings by day", () => {
  it("are those of now, of today, of tomorrow and of other days", () => {
    const days = groupByDay(
      [
        planned("a", at(2, 15)),
        meeting({ meetingId: "live", status: "live" }),
        planned("b", at(2, 23)),
        planned("c", at(3, 0)),
        planned("d", at(9, 9)),
        meeting({ meetingId: "instant", status: "scheduled", startedAt: null }),
      ],
      NOW,
    );
    expect(days.map(({ kind, meetings }) => [kind, ...meetings.map(({ meetingId }) => meetingId)])).toEqual([
      ["now", "live", "instant"],
      ["today", "a", "b"],
      ["tomorrow", "c"],
      ["other", "d"],
    ]);
  });
});
