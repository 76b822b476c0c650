/** Listens for the shortcuts while the room is open. */
import { useEffect, useRef } from "react";

import { useCore } from "../../../ui/core";
import { isInOverlay, isTyping, matchShortcut, usesSpace } from "../shortcuts";
import type { ShortcutAction } from "../shortcuts";

type Actions = Record<Exclude<ShortcutAction, "talk">, () => void>;

function actionOf(event: KeyboardEvent): ShortcutAction | null {
  if (event.isComposing || isTyping(event.target)) return null;
  const action = matchShortcut(event);
  if (action === null) return null;
  const isPlain = !event.ctrlKey && !event.metaKey;
  if (isPlain && isInOverlay(event.target)) return null;
  if (event.key === " " && usesSpace(event.target)) return null;
  return action;
}

export function useShortcuts(actions: Actions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const { devices } = useCore();
  useEffect(() => {
    let talking: string | null = null;
    const setMicrophone = (on: boolean) => void devices.setMicrophoneOn(on).catch(() => undefined);
    const startTalking = (event: KeyboardEvent) => {
      if (event.repeat || talking !== null || devices.state.get().microphoneOn) return;
      talking = event.code;
      setMicrophone(true);
    };
    const stopTalking = () => {
      if (talking === null) return;
      talking = null;
      setMicrophone(false);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      const action = actionOf(event);
      if (action === null) return;
      event.preventDefault();
      if (action === "talk") startTalking(event);
      else if (!event.repeat) latest.current[action]();
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.code === talking) stopTalking();
    };
    document.addEventListener("keydown", onKeyDown);
    document.addEventListener("keyup", onKeyUp);
    // A key released in another window is never seen: stop talking when the focus goes.
    window.addEventListener("blur", stopTalking);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("keyup", onKeyUp);
      window.removeEventListener("blur", stopTalking);
      stopTalking();
    };
  }, [devices]);
}
