/** What the steps of a connection test mean together. */
import type { ConnectionTestStep } from "../../core/types";

export type Step = ConnectionTestStep["step"];
export type Verdict = "good" | "fair" | "bad";

export const STEPS: Step[] = ["https", "websocket", "devices", "udp", "tcp", "relay"];

/** Media needs UDP, TCP or the relay; everything else must pass, or have been skipped. */
export function verdictOf(results: ConnectionTestStep[]): Verdict {
  const outcome = (step: Step) => results.find((result) => result.step === step)?.outcome;
  const needed: Step[] = ["https", "websocket", "devices"];
  if (needed.some((step) => outcome(step) === "failed")) return "bad";
  if (outcome("udp") === "passed") return "good";
  return outcome("tcp") === "passed" || outcome("relay") === "passed" ? "fair" : "bad";
}
