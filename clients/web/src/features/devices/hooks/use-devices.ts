/** The devices as lists with the present choice, named in the person's language. */
import { useTranslation } from "react-i18next";

import type { Option } from "../../../ui/select";
import { useCore, useStore } from "../../../ui/core";
import { deviceOptions, presentChoice } from "../options";

export interface DeviceChoice {
  kind: "microphone" | "camera" | "speaker";
  name: string;
  options: Option[];
  value: string | null;
  choose: (id: string) => void;
}

export function useDeviceChoices(): { microphone: DeviceChoice; camera: DeviceChoice; speaker: DeviceChoice } {
  const { t } = useTranslation();
  const { devices } = useCore();
  const state = useStore(devices.state);

  const choice = (
    kind: DeviceChoice["kind"],
    found: MediaDeviceInfo[],
    chosen: string | null,
    choose: (id: string) => Promise<void>,
  ): DeviceChoice => {
    const name = t(`devices.${kind}`);
    const options = deviceOptions(found, name);
    // A device that refuses is told by `state.*Problem`, which the screens show.
    return { kind, name, options, value: presentChoice(options, chosen), choose: (id) => void choose(id).catch(() => undefined) };
  };

  return {
    microphone: choice("microphone", state.microphones, state.microphoneId, (id) => devices.chooseMicrophone(id)),
    camera: choice("camera", state.cameras, state.cameraId, (id) => devices.chooseCamera(id)),
    speaker: choice("speaker", state.speakers, state.speakerId, (id) => devices.chooseSpeaker(id)),
  };
}
