/** When: day, hour, length and the time zone that both are of. */
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { ComboBox } from "../../../ui/combo-box";
import { Field } from "../../../ui/field";
import { Select } from "../../../ui/select";
import { DURATIONS_MIN } from "../draft";
import type { Draft } from "../draft";

interface PartProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

export function TimeFields({ draft, onChange, error }: PartProps & { error: string | null }) {
  const { t } = useTranslation();
  const zones = useMemo(() => zoneOptions(draft.timeZone), [draft.timeZone]);
  const setZone = useCallback((timeZone: string) => onChange({ timeZone }), [onChange]);
  const lengths = DURATIONS_MIN.includes(draft.durationMin) ? DURATIONS_MIN : [...DURATIONS_MIN, draft.durationMin];
  return (
    <div className="schedule-times">
      <Field
        label={t("schedule.date")}
        type="date"
        testId="schedule-date"
        isRequired
        value={draft.date}
        onChange={(date) => onChange({ date })}
        error={error}
      />
      <Field
        label={t("schedule.time")}
        type="time"
        testId="schedule-time"
        isRequired
        value={draft.time}
        onChange={(time) => onChange({ time })}
      />
      <Select
        label={t("schedule.duration")}
        options={lengths.map((minutes) => ({ id: String(minutes), name: durationName(t, minutes) }))}
        value={String(draft.durationMin)}
        onChange={(id) => onChange({ durationMin: Number(id) })}
      />
      <ComboBox
        label={t("schedule.timeZone")}
        options={zones}
        value={draft.timeZone}
        onChange={setZone}
        testId="schedule-zone"
      />
    </div>
  );
}

function zoneOptions(present: string) {
  const known = Intl.supportedValuesOf("timeZone");
  const names = known.includes(present) ? known : [present, ...known];
  return names.map((id) => ({ id, name: id.replaceAll("_", " ") }));
}

function durationName(t: ReturnType<typeof useTranslation>["t"], minutes: number): string {
  if (minutes < 60) return t("schedule.minutes", { count: minutes });
  if (minutes % 60 === 0) return t("schedule.hours", { count: minutes / 60 });
  return `${t("schedule.hours", { count: Math.floor(minutes / 60) })} ${t("schedule.minutes", { count: minutes % 60 })}`;
}
