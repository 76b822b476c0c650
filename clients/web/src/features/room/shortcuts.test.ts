import { describe, expect, it } from "vitest";

import { matchShortcut } from "./shortcuts";

const press = (key: string, code: string, part: object = {}) =>
  matchShortcut({ key, code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...part });

describe("shortcuts", () => {
  it.each([
    ["microphone", press("d", "KeyD", { ctrlKey: true })],
    ["camera", press("e", "KeyE", { ctrlKey: true })],
    ["camera", press("e", "KeyE", { metaKey: true })],
    ["hand", press("H", "KeyH", { ctrlKey: true, shiftKey: true })],
    ["chat", press("m", "KeyM")],
    ["people", press("p", "KeyP")],
    ["talk", press("v", "KeyV")],
    ["talk", press(" ", "Space")],
    ["list", press("/", "Slash")],
  ])("know %s", (action, matched) => {
    expect(matched).toBe(action);
  });

  it("read the physical key where an input method hides the letter", () => {
    expect(press("Process", "KeyM")).toBe("chat");
  });

  it("leave other combinations to the browser", () => {
    expect(press("M", "KeyM", { shiftKey: true })).toBeNull();
    expect(press("p", "KeyP", { ctrlKey: true })).toBeNull();
    expect(press("d", "KeyD", { altKey: true })).toBeNull();
    expect(press("v", "KeyV", { ctrlKey: true })).toBeNull();
  });
});
