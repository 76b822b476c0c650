/** Why a microphone or camera could not be opened. */
import type { DeviceProblem } from "../types";

/** Names from the Media Capture specification; the texts are Chromium's and Firefox's. */
export function deviceProblemOf(error: unknown): DeviceProblem {
  if (!(error instanceof Error)) return "unknown";
  switch (error.name) {
    case "NotAllowedError":
      return /system|os-level|by the user agent or the platform/i.test(error.message) ? "system_blocked" : "denied";
    case "SecurityError":
      return "insecure";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "in_use";
    default:
      return "unknown";
  }
}
