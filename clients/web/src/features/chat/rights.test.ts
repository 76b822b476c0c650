import { expect, it } from "vitest";

import { mayWriteTo } from "./rights";

it.each([
  ["attendee", "attendee", "everyone", true],
  ["attendee", "attendee", "hosts", false],
  ["attendee", "co_host", "hosts", true],
  ["attendee", "host", "off", false],
  ["presenter", "attendee", "off", true],
  ["co_host", "attendee", "off", true],
  ["observer", "host", "everyone", false],
] as const)("%s to %s where attendees write to %s: %s", (mine, theirs, option, may) => {
  expect(mayWriteTo(mine, theirs, option)).toBe(may);
});
