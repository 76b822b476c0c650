/** What comes again: between the rule of RFC 5545 and what a person chooses. */
import { toWall } from "./when";

export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export type Frequency = "none" | "daily" | "weekly" | "monthly_day" | "monthly_weekday" | "yearly" | "custom";

export interface Recurrence {
  frequency: Frequency;
  interval: number;
  /** Of a week; none: that of the start. */
  days: Weekday[];
  end: "never" | "until" | "count";
  /** 2026-12-31 */
  until: string;
  count: number;
  /** A rule that the form has no fields for. */
  custom: string;
}

export const ONCE: Recurrence = { frequency: "none", interval: 1, days: [], end: "never", until: "", count: 10, custom: "" };

/** The weekday of a date such as 2026-03-02. */
export function weekdayOf(date: string): Weekday {
  return WEEKDAYS[(new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7] ?? "MO";
}

/** Which of its kind a day is in its month; the fifth is called the last, which every month has. */
export function nthOf(date: string): number {
  const nth = Math.ceil(Number(date.slice(8)) / 7);
  return nth > 4 ? -1 : nth;
}

/** The rule for a series that starts on `date`; null when it comes once. */
export function writeRule(recurrence: Recurrence, date: string): string | null {
  if (recurrence.frequency === "none") return null;
  if (recurrence.frequency === "custom") return recurrence.custom;
  const parts = [...writeFrequency(recurrence, date)];
  if (recurrence.interval > 1) parts.push(`INTERVAL=${recurrence.interval}`);
  if (recurrence.end === "count") parts.push(`COUNT=${recurrence.count}`);
  if (recurrence.end === "until" && recurrence.until !== "") parts.push(`UNTIL=${recurrence.until.replaceAll("-", "")}`);
  return parts.join(";");
}

function writeFrequency(recurrence: Recurrence, date: string): string[] {
  switch (recurrence.frequency) {
    case "weekly": {
      const days = recurrence.days.length === 0 ? [weekdayOf(date)] : WEEKDAYS.filter((day) => recurrence.days.includes(day));
      return ["FREQ=WEEKLY", `BYDAY=${days.join(",")}`];
    }
    case "monthly_day":
      return ["FREQ=MONTHLY", `BYMONTHDAY=${Number(date.slice(8))}`];
    case "monthly_weekday":
      return ["FREQ=MONTHLY", `BYDAY=${nthOf(date)}${weekdayOf(date)}`];
    case "yearly":
      return ["FREQ=YEARLY"];
    default:
      return ["FREQ=DAILY"];
  }
}

/** What a rule says, for a series whose shown meeting is on `date`. */
export function readRule(rule: string | null, date: string, timeZone: string): Recurrence {
  if (rule === null) return ONCE;
  const parts = new Map(rule.split(";").map((part) => part.split("=") as [string, string]));
  const frequency = readFrequency(parts, date);
  if (frequency === "custom") return { ...ONCE, frequency, custom: rule };
  const until = parts.get("UNTIL");
  const days = frequency === "weekly" ? ((parts.get("BYDAY")?.split(",") ?? []) as Weekday[]) : [];
  return {
    ...ONCE,
    frequency,
    interval: Number(parts.get("INTERVAL") ?? 1),
    days: days.length === 1 && days[0] === weekdayOf(date) ? [] : days,
    end: parts.has("COUNT") ? "count" : until === undefined ? "never" : "until",
    until: until === undefined ? "" : toWall(readUntil(until), timeZone).date,
    count: Number(parts.get("COUNT") ?? ONCE.count),
  };
}

function readFrequency(parts: Map<string, string>, date: string): Frequency {
  const byDay = parts.get("BYDAY");
  const byMonthDay = parts.get("BYMONTHDAY");
  switch (parts.get("FREQ")) {
    case "DAILY":
      return "daily";
    case "WEEKLY":
      return "weekly";
    case "YEARLY":
      return "yearly";
    case "MONTHLY":
      if (parts.has("BYSETPOS")) return "custom";
      if (byDay === `${nthOf(date)}${weekdayOf(date)}`) return "monthly_weekday";
      return byDay === undefined && (byMonthDay ?? String(Number(date.slice(8)))) === String(Number(date.slice(8)))
        ? "monthly_day"
        : "custom";
    default:
      return "custom";
  }
}

/** 20260331T215959Z */
function readUntil(until: string): Date {
  return new Date(until.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/u, "$1-$2-$3T$4:$5:$6Z"));
}
