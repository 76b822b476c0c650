/** When the next room can be shown in place of the former one: with its first picture, if there is one to come. */
import { ProblemError } from "../problem";
import type { MeetingSession } from "../types";

/** As long as pictures may take before the room is shown anyway. */
export const READY_MS = 3000;
/** Who has just come may still be about to switch on. */
const SWITCH_ON_MS = 700;
const LOOK_MS = 50;

/** Resolves once a session can be shown; rejects when it ends before. */
export function waitReady(session: MeetingSession): Promise<void> {
  return new Promise((resolve, reject) => {
    let waitedMs = 0;
    const done = (finish: () => void): void => {
      clearInterval(timer);
      unsubscribe();
      finish();
    };
    const look = (): void => {
      const { phase, endProblem } = session.view.get();
      if (phase === "ended") done(() => reject(new ProblemError(endProblem ?? { code: "meeting_ended" })));
      else if (phase === "waiting" || (phase === "live" && (waitedMs >= READY_MS || shows(session, waitedMs)))) done(resolve);
    };
    const timer = setInterval(() => {
      if (session.view.get().phase === "live") waitedMs += LOOK_MS;
      look();
    }, LOOK_MS);
    const unsubscribe = session.view.subscribe(look);
    queueMicrotask(look);
  });
}

function shows(session: MeetingSession, waitedMs: number): boolean {
  const { media, participants, breakouts, homeId } = session.view.get();
  if (media !== "connected") return false;
  const others = participants.filter(({ isSelf }) => !isSelf);
  const cameras = others.filter(({ camera }) => camera);
  if (cameras.length > 0) return cameras.some(({ participantId }) => session.videoTrack(participantId, "camera")?.muted === false);
  if (others.length > 0) return waitedMs >= SWITCH_ON_MS;
  const belongs = breakouts?.places.filter(({ breakoutId }) => breakoutId !== null && breakoutId === breakouts.here) ?? [];
  return belongs.every(({ participantId }) => participantId === homeId);
}
