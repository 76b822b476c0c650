/** Notices a microphone that is on and from which nothing comes: muted in hardware, or the wrong one. */
import { useEffect, useState } from "react";

import { useCore, useSelected } from "../../../ui/core";

/** A quiet room is still about 0.005 of full scale; a dead microphone gives digital silence. */
const SILENCE = 0.002;
const PATIENCE_MS = 5000;

export function useSilentMicrophone(): boolean {
  const { devices } = useCore();
  const track = useSelected(devices.state, (state) => (state.microphoneOn ? state.microphoneTrack : null));
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    setSilent(false);
    if (track === null) return;
    let timer = setTimeout(() => { setSilent(true); }, PATIENCE_MS);
    const stop = devices.level.subscribe(() => {
      if (devices.level.get() <= SILENCE) return;
      setSilent(false);
      clearTimeout(timer);
      timer = setTimeout(() => { setSilent(true); }, PATIENCE_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [devices, track]);
  return silent;
}
