/**
 * When to open the next socket: the pause after a loss, by how the last sockets ended. Times are milliseconds, `random`
 * is in [0, 1). docs/protocol/signaling.md has the rule, and says why.
 */

const SHORTEST_MS = 300;
const LONGEST_MS = 8000;
/** A session that lasted so long shows that all was well. */
const STABLE_MS = 5000;
/** So many tries more are quick, by this pause, where the session was there a moment ago. */
const BRIEF = -3;
const QUICK_MS = 100;

export type Ending =
  /** It had its session for long. */
  | "stable"
  /** It had its session, and was lost soon, by nobody's wish. */
  | "brief"
  /** The server said hello, and it was lost. */
  | "answered"
  /** It was refused, or lost before the server said anything. */
  | "unanswered"
  /** One of the two ended it: it was of no use. */
  | "turned_away";

/** `livedMs`: how long the session was there, null if it never was. `isClosed`: by a close frame, not by the network. */
export function judgeEnding(isAnswered: boolean, livedMs: number | null, isClosed: boolean): Ending {
  if (livedMs !== null && livedMs >= STABLE_MS) return "stable";
  if (isClosed) return "turned_away";
  if (livedMs !== null) return "brief";
  return isAnswered ? "answered" : "unanswered";
}

export function countFailures(failures: number, ending: Ending): number {
  switch (ending) {
    case "stable":
      return 0;
    case "brief":
      return BRIEF;
    case "answered":
      return failures + 0.5;
    case "unanswered":
      return failures + 1;
    case "turned_away":
      return Math.max(0, failures) + 1;
  }
}

export function pauseMs(failures: number, random: number): number {
  if (failures <= 0) return (failures < 0 ? QUICK_MS : SHORTEST_MS) * random;
  return (Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures) * (1 + random)) / 2;
}
