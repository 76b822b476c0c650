import { describe, expect, it } from "vitest";

import { plainReference } from "./meetings";

describe("a meeting's reference", () => {
  it.each([
    ["123 456 789", "123456789"],
    ["123-456-789", "123456789"],
    [" 01a20a7e-c7d8-7fcd-b185-d1df62f95e59 ", "01a20a7e-c7d8-7fcd-b185-d1df62f95e59"],
    ["12 34", "12 34"],
  ])("%j is sent as %j", (typed, sent) => {
    expect(plainReference(typed)).toBe(sent);
  });
});
