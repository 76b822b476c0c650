/** Hands the meeting that is going on to everything inside the room. */
import { createContext, useContext } from "react";

import type { MeetingSession, MeetingView } from "../core/types";
import { useSelected } from "./core";

const MeetingContext = createContext<MeetingSession | null>(null);

export const MeetingProvider = MeetingContext.Provider;

export function useSession(): MeetingSession {
  const session = useContext(MeetingContext);
  if (session === null) throw new Error("useSession: no <MeetingProvider> above");
  return session;
}

/** A part of the meeting; see `useSelected`. */
export function useView<S>(select: (view: MeetingView) => S): S {
  return useSelected(useSession().view, select);
}

/** May this person mute, remove, lock and end? */
export function useIsHost(): boolean {
  return useView((view) => view.role === "host" || view.role === "co_host");
}
