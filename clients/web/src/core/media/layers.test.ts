import { describe, expect, it } from "vitest";

import { layersFor } from "./layers";

describe("a camera's layers", () => {
  it.each([
    [720, [4, 2, 1], [true, true, true]],
    [480, [2, 1, 1], [true, true, false]],
    [180, [1, 1, 1], [true, false, false]],
  ])("at %i lines are scaled by %j and sent %j", (height, scales, active) => {
    const layers = layersFor(height);
    expect(layers.map(({ rid }) => rid)).toEqual(["q", "h", "f"]);
    expect(layers.map((layer) => layer.scaleResolutionDownBy)).toEqual(scales);
    expect(layers.map((layer) => layer.active)).toEqual(active);
  });
});
