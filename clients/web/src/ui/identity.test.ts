import { describe, expect, it } from "vitest";

import { initials } from "./identity";

describe("initials", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["ada", "A"],
    ["李小明", "小明"],
    ["", "?"],
    ["🎉", "🎉"],
  ])("of %s are %s", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });

  it.each([
    ["小薇（上海）", "小薇"],
    ["Ada (ACME Corp)", "A"],
    ["“Ada” Lovelace", "AL"],
    ["小薇。", "小薇"],
    ["(Ada)", "A"],
  ])("leave out of %s what is no name: %s", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});
