import { describe, expect, it } from "vitest";

import { deviceProblemOf } from "./problem";

describe("a microphone or camera that can't be opened", () => {
  it.each([
    ["NotAllowedError", "Permission denied", "denied"],
    ["NotAllowedError", "Permission denied by system", "system_blocked"],
    ["NotFoundError", "Requested device not found", "missing"],
    ["OverconstrainedError", "", "missing"],
    ["NotReadableError", "Could not start video source", "in_use"],
    ["SecurityError", "", "insecure"],
    ["TypeError", "", "unknown"],
  ])("with %s (%s) is %s", (name, message, problem) => {
    expect(deviceProblemOf(new DOMException(message, name))).toBe(problem);
  });
});
