import { describe, expect, it } from "vitest";

import { loudness } from "./level";

describe("loudness", () => {
  it("is 0 for silence, 1 for full scale, and in between for speech", () => {
    expect(loudness(new Float32Array(64))).toBe(0);
    expect(loudness(new Float32Array(64).fill(1))).toBe(1);
    expect(loudness(new Float32Array(64).fill(0.03))).toBeCloseTo(0.49, 1);
    expect(loudness(new Float32Array(64).fill(0.0001))).toBe(0);
  });
});
