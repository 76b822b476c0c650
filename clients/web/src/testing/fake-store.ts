/** A store whose value a test sets. */
import type { Store } from "../core/types";

export interface FakeStore<T> extends Store<T> {
  set(value: T): void;
  patch(part: Partial<T>): void;
}

export function fakeStore<T>(initial: T): FakeStore<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T) => {
    value = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => value,
    set,
    patch: (part) => set({ ...value, ...part }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
