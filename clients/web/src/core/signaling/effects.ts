/** What the signaling machine wants done, and the small decisions on the way there. */
import type { Ack, ClientFrame, EventFrame, Resumed, Snapshot } from "../protocol";
import { CLOSE_CODES } from "../protocol";
import { ProblemError, problemFromWire } from "../problem";
import type { EndReason } from "../types";
import type { Pending } from "./outbox";

export interface Ticket {
  ticket: string;
  meetingId: string;
  signalingUrl: string;
}

export type Effect =
  /** Open a socket; `url` null: where the last one went. */
  | { type: "connect"; url: string | null }
  | { type: "send"; frame: ClientFrame }
  | { type: "close"; code: number }
  /** Open a socket beside the present one, to where that went. */
  | { type: "open_rival" }
  | { type: "send_rival"; frame: ClientFrame }
  | { type: "drop_rival" }
  /** Close the present socket with `code`: the rival takes its place. */
  | { type: "adopt_rival"; code: number }
  /** Join over HTTP again and hand the ticket in. */
  | { type: "fetch_ticket" }
  /** Take this for the whole state. `fresh`: a new session began; else the old one goes on. */
  | { type: "snapshot"; snapshot: Snapshot; fresh: boolean }
  | { type: "event"; event: EventFrame }
  /** A command was answered, or never will be. */
  | { type: "settled"; key: number; ok: boolean; result: Record<string, unknown> | null; problem: ProblemError | null }
  | { type: "live"; media: Resumed["media"] }
  | { type: "lost" }
  | { type: "ended"; reason: EndReason; problem: ProblemError | null };

/** The answer to one command; a lower command that was only confirmed by it has no result of its own. */
export function settlement(command: Pending, ack: Ack): Effect {
  if (command.cid !== ack.cid) return confirmation(command);
  const problem = ack.ok ? null : problemFromWire(ack.problem ?? {});
  return { type: "settled", key: command.key, ok: ack.ok, result: ack.res ?? null, problem };
}

/** A command that took effect, though its own answer never came. */
export function confirmation({ key }: Pending): Effect {
  return { type: "settled", key, ok: true, result: null, problem: null };
}

/** A command that will never be answered. */
export function abandonment(command: Pending): Effect {
  const problem = new ProblemError({ code: "connection_lost", detail: `${command.type} was given up` });
  return { type: "settled", key: command.key, ok: false, result: null, problem };
}

/** Why it is over, by the code the server closed the socket with. */
export function endReasonOf(closeCode: number): EndReason {
  switch (closeCode) {
    case CLOSE_CODES.REPLACED:
      return "replaced";
    case CLOSE_CODES.KICKED:
      return "removed";
    case CLOSE_CODES.DENIED:
      return "denied";
    case CLOSE_CODES.LOGGED_OUT:
      return "loggedOut";
    case CLOSE_CODES.MEETING_ENDED:
      return "ended";
    case CLOSE_CODES.VERSION:
      return "version";
    default:
      return "refused";
  }
}

/** Why it is over, when joining again is refused. */
export function endReasonOfRefusal(problem: ProblemError): EndReason {
  if (problem.code === "meeting_ended") return "ended";
  if (problem.code === "participant_banned") return "removed";
  if (problem.code === "lobby_denied") return "denied";
  return "refused";
}
