/** What is on of one's own, and the switches for it. */
import { useCallback } from "react";

import { useCore, useSelected } from "../../../ui/core";
import { useSession, useView } from "../../../ui/meeting";
import { useSwitches } from "../../devices";

export function useOwnState() {
  const { devices } = useCore();
  const session = useSession();
  const switches = useSwitches();
  const microphoneOn = useSelected(devices.state, (state) => state.microphoneOn);
  const cameraOn = useSelected(devices.state, (state) => state.cameraOn);
  const screenSharing = useView((view) => view.screenSharing);
  const handUp = useView((view) => view.participants.some((person) => person.isSelf && person.handRaisedAt !== null));

  const toggleScreen = useCallback(() => {
    const change = session.view.get().screenSharing ? session.stopScreenShare() : session.startScreenShare();
    // Cancelling the browser's own picker is no failure; real ones come as a notice.
    change.catch(() => undefined);
  }, [session]);
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
