import { describe, expect, it } from "vitest";

import { reconnectDelayMs } from "./reconnect";

describe("the pause before another try", () => {
  it("is at most 0.3 s at first, grows, and ends at 7 to 8 s", () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => reconnectDelayMs(attempt, 0))).toEqual([0, 300, 1200, 2700, 4800, 7000, 7000]);
    expect(reconnectDelayMs(0, 0.999)).toBeLessThan(300);
    expect(reconnectDelayMs(9, 0.999)).toBeLessThan(8000);
  });
});
