/** What is on of one's own, and the switches for it. */
import { useCallback } from "react";

import { useAttempt } from "../../../ui/attempt";
import { useCore, useSelected } from "../../../ui/core";
import { useSession, useView } from "../../../ui/meeting";
import { useSwitches } from "../../devices";

export function useOwnState() {
  const { devices } = useCore();
  const session = useSession();
  const attempt = useAttempt();
  const switches = useSwitches();
  const microphoneOn = useSelected(devices.state, (state) => state.microphoneOn);
  const cameraOn = useSelected(devices.state, (state) => state.cameraOn);
  const screenSharing = useView((view) => view.screenSharing);
  const handUp = useView((view) => view.participants.some((person) => person.isSelf && person.handRaisedAt !== null));

  const toggleScreen = useCallback(() => {
    attempt(session.view.get().screenSharing ? session.stopScreenShare() : session.startScreenShare());
  }, [session, attempt]);
  const toggleHand = useCallback(() => {
    const own = session.view.get().participants.find((person) => person.isSelf);
    session.raiseHand(own?.handRaisedAt == null);
  }, [session]);

  return { ...switches, microphoneOn, cameraOn, screenSharing, handUp, toggleScreen, toggleHand };
}

/** Phones have no screen to share, insecure pages no devices at all. */
export function canShareScreen(): boolean {
  return "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices;
}
