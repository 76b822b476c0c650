/** The switches for microphone and camera. */
import { Mic, MicOff, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useCore, useSelected } from "../../../ui/core";
import { useDeviceChoices } from "../../devices";
import { useOwnState } from "../hooks/use-own-state";
import { ControlButton } from "./control-button";
import { DeviceButton } from "./device-button";

function useDeviceButtons() {
  const { t } = useTranslation();
  const { devices } = useCore();
  const own = useOwnState();
  const microphoneProblem = useSelected(devices.state, (state) => state.microphoneProblem);
  const cameraProblem = useSelected(devices.state, (state) => state.cameraProblem);
  return {
    microphone: {
      label: own.microphoneOn ? t("devices.turnOffMicrophone") : t("devices.turnOnMicrophone"),
      icon: own.microphoneOn ? <Mic size={22} /> : <MicOff size={22} />,
      isOn: own.microphoneOn,
      hasProblem: microphoneProblem !== null,
      keys: "Ctrl+D",
      testId: "toggle-microphone",
      onToggle: own.toggleMicrophone,
    },
    camera: {
      label: own.cameraOn ? t("devices.turnOffCamera") : t("devices.turnOnCamera"),
      icon: own.cameraOn ? <Video size={22} /> : <VideoOff size={22} />,
      isOn: own.cameraOn,
      hasProblem: cameraProblem !== null,
      keys: "Ctrl+E",
      testId: "toggle-camera",
      onToggle: own.toggleCamera,
    },
  };
}

/** With the lists of devices beside them. */
export function DeviceButtons() {
  const { t } = useTranslation();
  const buttons = useDeviceButtons();
  const choices = useDeviceChoices();
  return (
    <>
      <DeviceButton
        {...buttons.microphone}
        optionsLabel={t("room.microphoneOptions")}
        choices={[choices.microphone, choices.speaker]}
      />
      <DeviceButton {...buttons.camera} optionsLabel={t("room.cameraOptions")} choices={[choices.camera]} />
    </>
  );
}

/** The switches alone, for a phone. */
export function PhoneDeviceButtons() {
  const { microphone, camera } = useDeviceButtons();
  return (
    <>
      {[microphone, camera].map((button) => (
        <ControlButton
          key={button.testId}
          label={button.label}
          icon={button.icon}
          tone={button.isOn ? "plain" : "off"}
          onPress={button.onToggle}
          data-testid={button.testId}
        />
      ))}
    </>
  );
}
