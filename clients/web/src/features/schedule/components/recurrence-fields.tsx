/** How often it comes again, and until when. */
import { useTranslation } from "react-i18next";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";

import type { Frequency, Recurrence } from "../../../ui/recurrence";
import { WEEKDAYS, nthOf, weekdayOf } from "../../../ui/recurrence";
import { Field } from "../../../ui/field";
import { Select } from "../../../ui/select";
import { ordinal, weekdayName } from "../../../ui/use-rule-text";

interface RecurrenceFieldsProps {
  recurrence: Recurrence;
  date: string;
  onChange: (part: Partial<Recurrence>) => void;
  /** A series stays one. */
  isSeries: boolean;
}

const FREQUENCIES: Frequency[] = ["none", "daily", "weekly", "monthly_day", "monthly_weekday", "yearly"];

export function RecurrenceFields({ recurrence, date, onChange, isSeries }: RecurrenceFieldsProps) {
  const { t, i18n } = useTranslation();
  const choices = FREQUENCIES.filter((each) => !(isSeries && each === "none"));
  if (recurrence.frequency === "custom") choices.push("custom");
  const named = {
    day: String(Number(date.slice(8))),
    weekday: weekdayName(i18n.language, weekdayOf(date), "long"),
    nth: ordinal(nthOf(date), i18n.language),
  };
  const repeats = recurrence.frequency !== "none" && recurrence.frequency !== "custom";
  return (
    <div className="schedule-recurrence">
      <Select
        label={t("schedule.repeats")}
        options={choices.map((id) => ({ id, name: t(`schedule.frequency.${id}`, named) }))}
        value={recurrence.frequency}
        onChange={(id) => onChange({ frequency: id as Frequency })}
      />
      {repeats ? (
        <Field
          label={t(`schedule.interval.${recurrence.frequency}`)}
          inputMode="numeric"
          testId="schedule-interval"
          value={String(recurrence.interval)}
          onChange={(value) => onChange({ interval: toCount(value, 99) })}
        />
      ) : null}
      {recurrence.frequency === "weekly" ? <Days recurrence={recurrence} date={date} onChange={onChange} /> : null}
      {repeats ? <End recurrence={recurrence} date={date} onChange={onChange} /> : null}
    </div>
  );
}

type PartProps = Pick<RecurrenceFieldsProps, "recurrence" | "date" | "onChange">;

function Days({ recurrence, date, onChange }: PartProps) {
  const { t, i18n } = useTranslation();
  const chosen = recurrence.days.length === 0 ? [weekdayOf(date)] : recurrence.days;
  return (
    <div className="schedule-days">
      <span className="field-label" id="schedule-days">
        {t("schedule.days")}
      </span>
      <ToggleButtonGroup
        aria-labelledby="schedule-days"
        selectionMode="multiple"
        disallowEmptySelection
        className="schedule-day-group"
        selectedKeys={chosen}
        onSelectionChange={(keys) => onChange({ days: WEEKDAYS.filter((day) => keys.has(day)) })}
      >
        {WEEKDAYS.map((day) => (
          <ToggleButton key={day} id={day} className="schedule-day">
            {weekdayName(i18n.language, day)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}

function End({ recurrence, date, onChange }: PartProps) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        label={t("schedule.end")}
        options={(["never", "until", "count"] as const).map((id) => ({ id, name: t(`schedule.endKind.${id}`) }))}
        value={recurrence.end}
        onChange={(id) => onChange({ end: id as Recurrence["end"], until: recurrence.until || date })}
      />
      {recurrence.end === "until" ? (
        <Field
          label={t("schedule.until")}
          type="date"
          testId="schedule-until"
          value={recurrence.until}
          onChange={(until) => onChange({ until })}
        />
      ) : null}
      {recurrence.end === "count" ? (
        <Field
          label={t("schedule.count")}
          inputMode="numeric"
          testId="schedule-count"
          value={String(recurrence.count)}
          onChange={(value) => onChange({ count: toCount(value, 730) })}
        />
      ) : null}
    </>
  );
}

/** A whole number from 1; what is none is 1. */
function toCount(text: string, most: number): number {
  const number = Number.parseInt(text.replaceAll(/\D/gu, ""), 10);
  return Number.isNaN(number) ? 1 : Math.min(Math.max(number, 1), most);
}
