import { describe, expect, it } from "vitest";

import { parseReference } from "./reference";

const ID = "01900000-0000-7000-8000-00000000abcd";

describe("what is typed to join", () => {
  it.each(["123456789", "123 456 789", " 123-456-789 ", "１２３ ４５６ ７８９", "123　456　789"])("reads %j as a number", (typed) => {
    expect(parseReference(typed)).toBe("123456789");
  });

  it.each([ID, ID.toUpperCase(), `https://meet.example.org/m/${ID}`, `meet.example.org/m/${ID}?x=1`])("finds the id in %j", (typed) => {
    expect(parseReference(typed)).toBe(ID);
  });

  it("finds the number in a link", () => {
    expect(parseReference("https://meet.example.org/m/123456789#top")).toBe("123456789");
  });

  it.each(["", "12345678", "1234567890", "hello", "https://example.org/x/123456789"])("refuses %j", (typed) => {
    expect(parseReference(typed)).toBeNull();
  });
});
