/** Is the whole page full screen, and the switch for it. */
import { useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  document.addEventListener("fullscreenchange", listener);
  return () => document.removeEventListener("fullscreenchange", listener);
}

export function useFullScreen(): { isFullScreen: boolean; isPossible: boolean; toggle: () => void } {
  const isFullScreen = useSyncExternalStore(subscribe, () => document.fullscreenElement !== null);
  const toggle = () => {
    // Refused without a gesture or by the browser's owner: the page simply stays as it is.
    if (isFullScreen) void document.exitFullscreen().catch(() => undefined);
    else void document.documentElement.requestFullscreen().catch(() => undefined);
  };
  return { isFullScreen, isPossible: document.fullscreenEnabled, toggle };
}
