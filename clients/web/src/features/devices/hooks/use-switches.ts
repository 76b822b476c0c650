/** Turns microphone and camera on and off; a refusal shows up in the devices' state, not here. */
import { useMemo } from "react";

import type { Devices } from "../../../core/types";
import { useCore } from "../../../ui/core";

export interface Switches {
  toggleMicrophone: () => void;
  toggleCamera: () => void;
  setMicrophone: (on: boolean) => void;
}

function switchesOf(devices: Devices): Switches {
  const setMicrophone = (on: boolean) => void devices.setMicrophoneOn(on).catch(() => undefined);
  return {
    setMicrophone,
    toggleMicrophone: () => {
      setMicrophone(!devices.state.get().microphoneOn);
    },
    toggleCamera: () => void devices.setCameraOn(!devices.state.get().cameraOn).catch(() => undefined),
  };
}

export function useSwitches(): Switches {
  const { devices } = useCore();
  return useMemo(() => switchesOf(devices), [devices]);
}
