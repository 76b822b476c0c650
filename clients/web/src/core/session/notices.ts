/** Things that happen once, for whoever listens. */
import { asProblem } from "../problem";
import type { MeetingNotice } from "../types";

export interface Notices {
  listen(listener: (notice: MeetingNotice) => void): () => void;
  tell(notice: MeetingNotice | null): void;
  /** Shows the failure of something that nobody waits for. */
  tellProblem(error: unknown): void;
}

export function createNotices(): Notices {
  const listeners = new Set<(notice: MeetingNotice) => void>();
  const tell = (notice: MeetingNotice | null): void => {
    if (notice === null) return;
    for (const listener of [...listeners]) listener(notice);
  };
  return {
    tell,
    tellProblem: (error) => tell({ type: "problem", problem: asProblem(error) }),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
