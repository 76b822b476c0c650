/** What a host decides beforehand, for one meeting or for all of a room. */
import { useTranslation } from "react-i18next";

import type { MeetingOptions } from "../../../core/types";
import { Select } from "../../../ui/select";
import { Switch } from "../../../ui/switch";

/** In the words that the meeting's own settings use. */
const SWITCHES = [
  ["joinBeforeHost", "floor.joinBeforeHost"],
  ["muteOnEntry", "floor.muteOnEntry"],
  ["attendeesMayUnmute", "floor.mayUnmute"],
  ["attendeesMayUseCamera", "floor.mayUseCamera"],
  ["attendeesMayShare", "floor.mayShare"],
  ["historyForLate", "floor.historyForLate"],
] as const satisfies [keyof MeetingOptions, string][];
const OPENS_MIN = [0, 5, 10, 15, 30, 60];

interface OptionsFieldsProps {
  options: MeetingOptions;
  onChange: (part: Partial<MeetingOptions>) => void;
}

export function OptionsFields({ options, onChange }: OptionsFieldsProps) {
  const { t } = useTranslation();
  const opens = OPENS_MIN.includes(options.lobbyOpensMin) ? OPENS_MIN : [...OPENS_MIN, options.lobbyOpensMin];
  return (
    <div className="schedule-options">
      <Select
        label={t("floor.whoWaits")}
        options={(["off", "guests", "everyone"] as const).map((id) => ({ id, name: t(`floor.lobbyFor.${id}`) }))}
        value={options.lobby}
        onChange={(id) => onChange({ lobby: id as MeetingOptions["lobby"] })}
      />
      <Select
        label={t("schedule.opens")}
        options={opens.map((minutes) => ({
          id: String(minutes),
          name: minutes === 0 ? t("schedule.opensAtStart") : t("schedule.opensBefore", { count: minutes }),
        }))}
        value={String(options.lobbyOpensMin)}
        onChange={(id) => onChange({ lobbyOpensMin: Number(id) })}
      />
      <Select
        label={t("floor.whoWrites")}
        options={(["everyone", "hosts", "off"] as const).map((id) => ({ id, name: t(`floor.chatFor.${id}`) }))}
        value={options.attendeesMayChat}
        onChange={(id) => onChange({ attendeesMayChat: id as MeetingOptions["attendeesMayChat"] })}
      />
      {SWITCHES.map(([name, label]) => (
        <Switch
          key={name}
          label={t(label)}
          isSelected={options[name]}
          onChange={(on) => onChange({ [name]: on })}
        />
      ))}
    </div>
  );
}
