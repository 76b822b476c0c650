import { describe, expect, it } from "vitest";

import { ONCE, readRule, writeRule } from "./recurrence";
import { toWall } from "./when";

const MONDAY = "2026-03-30";

describe("what comes again", () => {
  it.each([
    [{ frequency: "daily" as const, end: "count" as const, count: 5 }, "FREQ=DAILY;COUNT=5"],
    [{ frequency: "weekly" as const }, "FREQ=WEEKLY;BYDAY=MO"],
    [{ frequency: "weekly" as const, days: ["WE", "MO"] as ("WE" | "MO")[], interval: 2 }, "FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=2"],
    [{ frequency: "monthly_day" as const }, "FREQ=MONTHLY;BYMONTHDAY=30"],
    [{ frequency: "monthly_weekday" as const }, "FREQ=MONTHLY;BYDAY=-1MO"],
    [{ frequency: "yearly" as const, end: "until" as const, until: "2030-03-30" }, "FREQ=YEARLY;UNTIL=20300330"],
    [{}, null],
  ])("%j is written as %s", (part, rule) => {
    expect(writeRule({ ...ONCE, ...part }, MONDAY)).toBe(rule);
  });

  it.each([
    "FREQ=DAILY;COUNT=5",
    "FREQ=WEEKLY;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=2",
    "FREQ=MONTHLY;BYDAY=-1MO",
    "FREQ=MONTHLY;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
  ])("%s is read and written again", (rule) => {
    expect(writeRule(readRule(rule, MONDAY, "Europe/Berlin"), MONDAY)).toBe(rule);
  });

  it("ends on the day that the wall shows", () => {
    expect(readRule("FREQ=DAILY;UNTIL=20260331T215959Z", MONDAY, "Europe/Berlin").until).toBe("2026-03-31");
  });

  it("is an hour on the wall of the meeting's place", () => {
    expect(toWall(new Date("2026-03-29T22:30:00Z"), "Asia/Shanghai")).toEqual({ date: "2026-03-30", time: "06:30" });
  });
});
