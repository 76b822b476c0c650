/**
 * A meeting with its breakout rooms as one session: it goes where the person's place says. The next room is opened
 * beside the present one and shown once it is ready, so that nobody looks at nothing on the way.
 */
import { asProblem, isPassing } from "../problem";
import { createStore } from "../store";
import type { MeetingNotice, MeetingSession, MeetingView } from "../types";
import { waitReady } from "./ready";
import { wantedRoom } from "./state";

const RETRY_MS = 1000;

interface JourneyParts {
  first: MeetingSession;
  /** Opens a session to a breakout, or, null, to the main room again. */
  open: (breakoutId: string | null) => Promise<MeetingSession>;
  /** Called once, at the end: devices belong to the whole journey. */
  release: () => void;
}

type Where = string | null;

export function createJourney({ first, open, release }: JourneyParts): MeetingSession {
  let current = first;
  let here: Where = null;
  /** Where a move goes at the moment; undefined: nowhere. */
  let target: Where | undefined;
  /** A room that did not let us in: not asked again until the place changes. */
  let refused: Where | undefined;
  let isLeaving = false;
  let unfollow: () => void = () => undefined;
  const listeners = new Set<(notice: MeetingNotice) => void>();
  const view = createStore<MeetingView>(first.view.get());
  const tilesChanged = createStore(0);

  /** The end of a breakout is the way back, not the end. */
  const isStranded = (shown: MeetingView): boolean => shown.phase === "ended" && here !== null && !isLeaving;

  function look(): void {
    const shown = current.view.get();
    view.set(isStranded(shown) ? { ...shown, phase: "reconnecting", endReason: null, endProblem: null } : shown);
    if (shown.phase === "ended" && !isStranded(shown)) {
      unfollow();
      release();
      return;
    }
    follow();
  }

  function follow(): void {
    const shown = current.view.get();
    if (isLeaving || !["live", "ended"].includes(shown.phase)) return;
    let wanted = isStranded(shown) ? null : wantedRoom(shown.breakouts, shown.homeId);
    if (wanted !== refused) refused = undefined;
    else if (wanted !== null) wanted = null;
    if (wanted === here && !isStranded(shown)) target = undefined;
    else if (wanted !== target) void move(wanted);
  }

  async function move(to: Where): Promise<void> {
    target = to;
    const isOff = (): boolean => isLeaving || target !== to;
    let next: MeetingSession | null = null;
    try {
      next = await open(to);
      if (!isOff()) await waitReady(next);
    } catch (error) {
      if (isOff()) return;
      await giveUp(to, error);
      return;
    }
    if (isOff()) {
      void next.leave();
      return;
    }
    const former = current;
    unfollow();
    target = undefined;
    here = to;
    attach(next);
    void former.leave();
  }

  async function giveUp(to: Where, error: unknown): Promise<void> {
    if (isPassing(asProblem(error))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    else if (to !== null) refused = to;
    else {
      // Nobody lets us back: the end of this room is the end of all.
      isLeaving = true;
      look();
      return;
    }
    if (target === to) target = undefined;
    follow();
  }

  function attach(session: MeetingSession): void {
    current = session;
    const stop = [
      session.view.subscribe(look),
      session.onNotice((notice) => listeners.forEach((listener) => listener(notice))),
      session.tilesChanged.subscribe(() => tilesChanged.set(tilesChanged.get() + 1)),
    ];
    unfollow = () => stop.forEach((unsubscribe) => unsubscribe());
    look();
    tilesChanged.set(tilesChanged.get() + 1);
  }

  attach(first);
  return {
    ...delegate(first, () => current),
    view,
    tilesChanged,
    onNotice(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async leave() {
      isLeaving = true;
      await current.leave();
    },
  };
}

/** Everything that is asked goes to the session of the room that is shown. */
function delegate(first: MeetingSession, current: () => MeetingSession): MeetingSession {
  type Method = (...words: unknown[]) => unknown;
  const method = (name: string): Method => (...words) => (current() as unknown as Record<string, Method>)[name]?.(...words);
  return Object.fromEntries(Object.keys(first).map((name) => [name, method(name)])) as unknown as MeetingSession;
}
