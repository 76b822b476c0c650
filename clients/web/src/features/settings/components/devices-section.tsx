/** Devices, tried out only when asked: nobody's camera starts because a page was opened. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { VideoView } from "../../../ui/video-view";
import { DeviceSelects } from "../../devices";
import { Section } from "./section";

export function DevicesSection() {
  const { t } = useTranslation();
  const { devices } = useCore();
  const state = useStore(devices.state);
  const [trying, setTrying] = useState(false);
  useEffect(() => () => devices.release(), [devices]);
  const tryOut = () => {
    setTrying(true);
    void devices.setMicrophoneOn(true).catch(() => undefined);
    void devices.setCameraOn(true).catch(() => undefined);
  };
  return (
    <Section title={t("settings.devices")} text={t("settings.devicesText")}>
      {trying ? (
        <>
          {state.cameraTrack === null ? null : (
            <div className="settings-preview">
              <VideoView track={state.cameraTrack} mirrored />
            </div>
          )}
          {state.cameraProblem === null ? null : (
            <Notice kind="warning">{t(`devices.cameraProblem.${state.cameraProblem}`)}</Notice>
          )}
          {state.microphoneProblem === null ? null : (
            <Notice kind="warning">{t(`devices.microphoneProblem.${state.microphoneProblem}`)}</Notice>
          )}
          <DeviceSelects />
        </>
      ) : (
        <Button onPress={tryOut}>{t("settings.preview")}</Button>
      )}
    </Section>
  );
}
