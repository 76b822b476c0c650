/** After which endings coming back can work. */
import type { EndReason, Problem } from "../../core/types";

const FINAL_REFUSALS = new Set(["meeting_ended", "meeting_not_found", "participant_banned", "forbidden"]);

export function mayRejoin(reason: EndReason, problem: Problem | null): boolean {
  if (reason === "left" || reason === "replaced") return true;
  return reason === "refused" && (problem === null || !FINAL_REFUSALS.has(problem.code));
}
