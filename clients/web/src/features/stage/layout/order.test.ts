import { describe, expect, it } from "vitest";

import { arrange, nextSpeaker } from "./order";

const NOBODY = { important: [], fixed: [] };

describe("the order of tiles", () => {
  it("is the order of arrival at first", () => {
    expect(arrange({ previous: [], present: ["a", "b", "c"], capacity: 9, ...NOBODY })).toEqual(["a", "b", "c"]);
  });

  it("puts newcomers last", () => {
    expect(arrange({ previous: ["b", "a"], present: ["a", "b", "c"], capacity: 9, ...NOBODY })).toEqual(["b", "a", "c"]);
  });

  it("doesn't change while speakers are visible", () => {
    const previous = ["a", "b", "c", "d", "e"];
    const next = arrange({ previous, present: previous, important: ["c", "b"], fixed: ["a"], capacity: 4 });
    expect(next).toEqual(previous);
  });

  it("swaps a speaker from a later page with the last visible who matters least", () => {
    const previous = ["a", "b", "c", "d", "e", "f"];
    const next = arrange({ previous, present: previous, important: ["f", "d"], fixed: ["a"], capacity: 4 });
    expect(next).toEqual(["a", "b", "f", "d", "e", "c"]);
  });

  it("never moves oneself off the first page", () => {
    const previous = ["b", "self", "c", "d"];
    const next = arrange({ previous, present: previous, important: ["c", "d"], fixed: ["self"], capacity: 2 });
    expect(next.slice(0, 2)).toContain("self");
    expect(next.slice(0, 2)).toContain("c");
  });

  it("fills the place of one who leaves from the next page, so that nobody visible shifts", () => {
    const next = arrange({ previous: ["a", "b", "c", "d", "e"], present: ["a", "c", "d", "e"], capacity: 3, ...NOBODY });
    expect(next).toEqual(["a", "d", "c", "e"]);
  });

  it("closes the gap when there is nobody to fill it", () => {
    expect(arrange({ previous: ["a", "b", "c"], present: ["a", "c"], capacity: 9, ...NOBODY })).toEqual(["a", "c"]);
  });

  it("ignores speakers who have left", () => {
    const next = arrange({ previous: ["a", "b"], present: ["a", "b"], important: ["gone"], fixed: [], capacity: 1 });
    expect(next).toEqual(["a", "b"]);
  });

  it("keeps everybody exactly once and comes to rest, whatever happens", () => {
    let order: string[] = [];
    for (let step = 0; step < 300; step += 1) {
      const present = Array.from({ length: 40 }, (_, index) => `p${index}`).filter((_, index) => (step * 7 + index * 13) % 5 !== 0);
      const important = [`p${(step * 11) % 40}`, `p${(step * 17) % 40}`];
      const capacity = 1 + (step % 9);
      const input = { present, important, fixed: ["p1"], capacity };
      order = arrange({ previous: order, ...input });
      expect(arrange({ previous: order, ...input })).toEqual(order);
      expect([...order].sort()).toEqual([...present].sort());
      const wanted = ["p1", ...important].filter((id) => present.includes(id)).slice(0, capacity);
      for (const id of wanted) expect(order.slice(0, capacity)).toContain(id);
    }
  });
});

describe("the speaker view", () => {
  it("shows the loudest other person", () => {
    expect(nextSpeaker("b", ["self", "c"], ["b", "c"], "self")).toBe("c");
  });

  it("stays with the last one while it is quiet", () => {
    expect(nextSpeaker("b", [], ["b", "c"], "self")).toBe("b");
  });

  it("shows oneself when alone", () => {
    expect(nextSpeaker(null, [], [], "self")).toBe("self");
  });
});
