/** Microphone with its gauge, speaker with its test sound, camera. */
import { Mic, Play, Video, Volume2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Select } from "../../../ui/select";
import { useDeviceChoices } from "../hooks/use-devices";
import type { DeviceChoice } from "../hooks/use-devices";
import { LevelGauge } from "./level-gauge";
import "./device-selects.css";

const ICONS = { microphone: Mic, camera: Video, speaker: Volume2 };

function DeviceSelect({ choice }: { choice: DeviceChoice }) {
  const { t } = useTranslation();
  const Icon = ICONS[choice.kind];
  const none = choice.options.length === 0;
  return (
    <Select
      label={choice.name}
      labelHidden
      icon={<Icon size={16} aria-hidden="true" />}
      options={choice.options}
      value={choice.value}
      onChange={choice.choose}
      isDisabled={none}
      placeholder={choice.kind === "speaker" ? t("devices.systemDefault") : t("devices.noneFound")}
    />
  );
}

export function DeviceSelects() {
  const { t } = useTranslation();
  const { devices } = useCore();
  const { microphone, camera, speaker } = useDeviceChoices();
  return (
    <div className="device-selects">
      <div className="device-select">
        <DeviceSelect choice={microphone} />
        <LevelGauge />
      </div>
      <div className="device-select">
        <DeviceSelect choice={speaker} />
        <Button kind="quiet" className="device-test" onPress={() => void devices.playTestSound().catch(() => undefined)}>
          <Play size={14} aria-hidden="true" />
          {t("devices.testSound")}
        </Button>
      </div>
      <div className="device-select">
        <DeviceSelect choice={camera} />
      </div>
    </div>
  );
}
