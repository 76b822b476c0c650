/** Tries something in the meeting, and tells the person when it didn't work. */
import { createContext, useCallback, useContext } from "react";

type Listener = (error: unknown) => void;

/** Where failures of what the person did are told and heard. */
export interface Failures {
  tell: Listener;
  listen: (listener: Listener) => () => void;
}

export function createFailures(): Failures {
  const listeners = new Set<Listener>();
  return {
    tell: (error) => listeners.forEach((listener) => listener(error)),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const FailuresContext = createContext<Failures | null>(null);

export const FailuresProvider = FailuresContext.Provider;

export function useFailures(): Failures {
  const failures = useContext(FailuresContext);
  if (failures === null) throw new Error("useFailures: no <FailuresProvider> above");
  return failures;
}

/** `attempt(session.lock(true))`: goes its way, and a failure becomes a notice. */
export function useAttempt(): (action: Promise<unknown>) => void {
  const failures = useFailures();
  return useCallback((action) => void action.catch(failures.tell), [failures]);
}
