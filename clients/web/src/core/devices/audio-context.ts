/** The one AudioContext of the page. It may only run after a gesture of the person. */

let context: AudioContext | null = null;

export function audioContext(): AudioContext {
  context ??= new AudioContext();
  if (context.state === "suspended") {
    const running = context;
    void running.resume();
    onNextGesture(() => void running.resume());
  }
  return context;
}

/** Browsers start sound only when the person does something on the page. */
export function onNextGesture(action: () => void): void {
  const stop = new AbortController();
  const once = (): void => {
    stop.abort();
    action();
  };
  for (const gesture of ["pointerdown", "keydown", "touchend"]) {
    document.addEventListener(gesture, once, { capture: true, signal: stop.signal });
  }
}
