/** When a meeting is: here, where it was planned if that is elsewhere, and how it comes again. */
import { CalendarClock, Globe, Repeat } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useRuleText } from "./use-rule-text";
import { ownTimeZone, useWhen } from "./when";
import "./meeting-times.css";

interface Times {
  startsAt: string | null;
  endsAt: string | null;
  timeZone: string | null;
  recurrence: string | null;
}

export function MeetingTimes({ meeting }: { meeting: Times }) {
  const { t } = useTranslation();
  const when = useWhen();
  const rule = useRuleText()(meeting);
  const { startsAt, endsAt, timeZone } = meeting;
  if (startsAt === null) return null;
  const elsewhere = timeZone !== null && timeZone !== ownTimeZone() ? timeZone : null;
  return (
    <ul className="meeting-times">
      <li>
        <CalendarClock size={18} aria-hidden="true" />
        <time dateTime={startsAt}>{when.span(startsAt, endsAt)}</time>
      </li>
      {elsewhere === null ? null : (
        <li className="muted">
          <Globe size={18} aria-hidden="true" />
          <span>{t("schedule.elsewhere", { time: when.span(startsAt, endsAt, elsewhere), zone: elsewhere.replaceAll("_", " ") })}</span>
        </li>
      )}
      {rule === null ? null : (
        <li>
          <Repeat size={18} aria-hidden="true" />
          <span>{rule}</span>
        </li>
      )}
    </ul>
  );
}
