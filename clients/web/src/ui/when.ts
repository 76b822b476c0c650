/** Days and hours as the person reads them. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

export interface When {
  /** Monday, 2 March 2026 */
  day: (iso: string) => string;
  /** 10:00 */
  time: (iso: string) => string;
  /** Both, from start to end; `timeZone` absent: where the person is. */
  span: (start: string, end: string | null, timeZone?: string) => string;
  moment: (iso: string) => string;
}

export function useWhen(): When {
  const { i18n } = useTranslation();
  return useMemo(() => createWhen(i18n.language), [i18n.language]);
}

export function createWhen(locale: string): When {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  return {
    day: (iso) => day.format(new Date(iso)),
    time: (iso) => time.format(new Date(iso)),
    moment: (iso) => moment.format(new Date(iso)),
    span(start, end, timeZone) {
      const both = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short", timeZone });
      return end === null ? both.format(new Date(start)) : both.formatRange(new Date(start), new Date(end));
    },
  };
}

export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What a clock on the wall shows: `date` 2026-03-02, `time` 10:00. */
export function toWall(instant: Date, timeZone: string): { date: string; time: string } {
  // Swedish writes dates as ISO 8601 does.
  const text = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone }).format(instant);
  const [date = "", time = ""] = text.split(" ");
  return { date, time };
}
