/** A rule as people say it: every 2 weeks on Mon, Wed, until 31 March. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { Recurrence } from "./recurrence";
import { WEEKDAYS, nthOf, readRule, weekdayOf } from "./recurrence";
import { toWall } from "./when";

/** The name of a weekday in a language; the first day of 2024 was a Monday. */
export function weekdayName(locale: string, day: string, style: "short" | "long" = "short"): string {
  const date = new Date(Date.UTC(2024, 0, 1 + WEEKDAYS.findIndex((each) => each === day)));
  return new Intl.DateTimeFormat(locale, { weekday: style, timeZone: "UTC" }).format(date);
}

interface Repeating {
  recurrence: string | null;
  startsAt: string | null;
  timeZone: string | null;
}

export function useRuleText(): (meeting: Repeating) => string | null {
  const { t, i18n } = useTranslation();
  return useCallback(
    ({ recurrence, startsAt, timeZone }) => {
      if (recurrence === null || startsAt === null || timeZone === null) return null;
      const { date } = toWall(new Date(startsAt), timeZone);
      const read = readRule(recurrence, date, timeZone);
      const details = { interval: String(read.interval), ...detailsOf(read, date, i18n.language) };
      const { frequency } = read;
      const every = read.interval === 1 ? t(`schedule.every.${frequency}`, details) : t(`schedule.everyN.${frequency}`, details);
      if (read.end === "count") return t("schedule.everyTimes", { every, count: read.count });
      if (read.end === "never") return every;
      const until = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeZone: "UTC" });
      return t("schedule.everyUntil", { every, date: until.format(new Date(`${read.until}T00:00:00Z`)) });
    },
    [t, i18n],
  );
}

function detailsOf(read: Recurrence, date: string, locale: string): Record<string, string> {
  const days = read.days.length === 0 ? [weekdayOf(date)] : read.days;
  const nth = nthOf(date);
  return {
    days: days.map((day) => weekdayName(locale, day)).join(locale.startsWith("zh") ? "、" : ", "),
    day: String(Number(date.slice(8))),
    weekday: weekdayName(locale, weekdayOf(date), "long"),
    nth: ordinal(nth, locale),
  };
}

const ORDINALS: Record<string, string> = { "1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last" };

export function ordinal(nth: number, locale: string): string {
  if (locale.startsWith("zh")) return nth < 0 ? "最后一个" : `第${nth}个`;
  return ORDINALS[String(nth)] ?? String(nth);
}
