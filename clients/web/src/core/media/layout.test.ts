import { describe, expect, it } from "vitest";

import { assignSlots } from "./layout";

const MIDS = ["7", "8", "9"];

function tile(participantId: string, width = 320, source: "camera" | "screen" = "camera") {
  return { participantId, source, width };
}

function who(slots: { mid: string; participant_id: string }[]): string[] {
  return slots.map((slot) => `${slot.mid}:${slot.participant_id}`);
}

describe("slots", () => {
  it("are given in order, and kept by who has one while others come and go", () => {
    const first = assignSlots(MIDS, [tile("a"), tile("b")], []);
    expect(who(first)).toEqual(["7:a", "8:b"]);
    const second = assignSlots(MIDS, [tile("c"), tile("b")], first);
    expect(who(second)).toEqual(["7:c", "8:b"]);
    expect(who(assignSlots(MIDS, [tile("b"), tile("c"), tile("a")], second))).toEqual(["7:c", "8:b", "9:a"]);
  });

  it("go to a screen before cameras, and to the first tiles when there are too many", () => {
    const tiles = [tile("a"), tile("b"), tile("c"), tile("d", 1280, "screen")];
    expect(who(assignSlots(MIDS, tiles, []))).toEqual(["7:d", "8:a", "9:b"]);
  });

  it("carry one picture for a tile shown twice, as wide as the widest, in steps", () => {
    expect(assignSlots(MIDS, [tile("a", 100), tile("a", 321)], [])).toEqual([
      { mid: "7", participant_id: "a", source: "camera", width: 400 },
    ]);
  });
});
