/** Values that can be watched. */
import type { Store } from "./types";

export interface WritableStore<T> extends Store<T> {
  /** Takes a new value and tells the listeners; the same value again is no change. */
  set: (value: T) => void;
}

/** `onWatched` is called when the first listener comes; what it returns when the last one goes. */
export function createStore<T>(initial: T, onWatched?: () => () => void): WritableStore<T> {
  let value = initial;
  let unwatch: (() => void) | undefined;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) unwatch = onWatched?.();
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        unwatch?.();
        unwatch = undefined;
      };
    },
  };
}
