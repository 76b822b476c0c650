/** The own picture before joining, with the switches on it. */
import { Mic, MicOff, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Avatar } from "../../../ui/avatar";
import { IconButton } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { VideoView } from "../../../ui/video-view";
import { useSwitches } from "../../devices";
import "./preview.css";

interface PreviewProps {
  id: string;
  name: string;
}

export function Preview({ id, name }: PreviewProps) {
  const { t } = useTranslation();
  const state = useStore(useCore().devices.state);
  const { toggleMicrophone, toggleCamera } = useSwitches();
  return (
    <div className="preview" role="group" aria-label={t("prejoin.previewLabel")}>
      {state.cameraTrack === null ? <Placeholder id={id} name={name} /> : <VideoView track={state.cameraTrack} mirrored />}
      <div className="preview-switches">
        <IconButton
          className={state.microphoneOn ? "preview-switch" : "preview-switch preview-switch-off"}
          label={state.microphoneOn ? t("devices.turnOffMicrophone") : t("devices.turnOnMicrophone")}
          icon={state.microphoneOn ? <Mic size={22} /> : <MicOff size={22} />}
          onPress={toggleMicrophone}
          data-testid="toggle-microphone"
        />
        <IconButton
          className={state.cameraOn ? "preview-switch" : "preview-switch preview-switch-off"}
          label={state.cameraOn ? t("devices.turnOffCamera") : t("devices.turnOnCamera")}
          icon={state.cameraOn ? <Video size={22} /> : <VideoOff size={22} />}
          onPress={toggleCamera}
          data-testid="toggle-camera"
        />
      </div>
    </div>
  );
}

function Placeholder({ id, name }: PreviewProps) {
  const { t } = useTranslation();
  const { account, devices } = useCore();
  const state = useStore(devices.state);
  const user = useStore(account.user);
  const starting = state.cameraOn && state.cameraProblem === null;
  const text = starting ? t("prejoin.cameraStarting") : t("prejoin.cameraOff");
  return (
    <div className="preview-placeholder">
      {state.cameraProblem === null ? (
        <>
          <Avatar id={id} name={name} size={96} picture={user ? user.avatarUrl : null} />
          <p>{text}</p>
        </>
      ) : (
        <>
          <VideoOff size={32} aria-hidden="true" />
          <p role="alert">{t(`devices.cameraProblem.${state.cameraProblem}`)}</p>
        </>
      )}
    </div>
  );
}
