/** Hands the core to every component, and turns its stores into React state. */
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";

import type { Core, Store } from "../core/types";

const CoreContext = createContext<Core | null>(null);

export const CoreProvider = CoreContext.Provider;

export function useCore(): Core {
  const core = useContext(CoreContext);
  if (core === null) throw new Error("useCore: no <CoreProvider> above");
  return core;
}

/** The present value of a store. */
export function useStore<T>(store: Store<T>): T {
  return useSelected(store, (value) => value);
}

/** A part of a store's value; renders again only when that part changes, so `select` returns parts, never new objects. */
export function useSelected<T, S>(store: Store<T>, select: (value: T) => S): S {
  const subscribe = useCallback((listener: () => void) => store.subscribe(listener), [store]);
  return useSyncExternalStore(subscribe, () => select(store.get()));
}
