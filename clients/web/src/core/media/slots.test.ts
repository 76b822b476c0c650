import { beforeEach, expect, it } from "vitest";

import type { SlotState } from "../protocol";
import { createStore } from "../store";
import type { Lines } from "./lines";
import type { Slots } from "./slots";
import { createSlots } from "./slots";

const TRACK = {} as MediaStreamTrack;
const LINES = { videoSlots: [{ mid: "4", receiver: { track: TRACK } }] } as unknown as Lines;

let lines = createStore<Lines | null>(LINES);
let slots: Slots;

beforeEach(() => {
  lines = createStore<Lines | null>(LINES);
  slots = createSlots(lines);
});

function slot(changes: Partial<SlotState> = {}): SlotState {
  return { mid: "4", kind: "video", participant_id: "p", source: "camera", paused: false, ...changes };
}

function told(version: number, changes: Partial<SlotState> = {}, generation = 1): void {
  slots.accept({ generation, version, slots: [slot(changes)] }, 1);
}

const seen = () => [slots.trackOf("p", "camera"), slots.pauseOf("p", "camera")];

it("a picture that the server holds back is none, and known as such", () => {
  expect(seen()).toEqual([null, null]);
  told(1);
  expect(seen()).toEqual([TRACK, null]);
  told(2, { paused: true });
  expect(seen()).toEqual([null, "other"]);
  expect(slots.pauseOf("p", "screen")).toBeNull();
  told(3);
  expect(seen()).toEqual([TRACK, null]);
});

it.each(["bandwidth", "codec"] as const)("why a picture is held back is known: %s", (reason) => {
  told(1, { paused: true, reason });
  expect(seen()).toEqual([null, reason]);
  told(2, { paused: false, reason });
  expect(seen()).toEqual([TRACK, null]);
});

it("an assignment that comes twice, or late, changes nothing", () => {
  told(5);
  const changes = slots.changed.get();
  told(5, { paused: true });
  told(4, { participant_id: "q" });
  expect([seen(), slots.changed.get()]).toEqual([[TRACK, null], changes]);
});

it("an assignment of another connection changes nothing, whatever its version", () => {
  told(5);
  told(9, { paused: true }, 0);
  told(9, { paused: true }, 2);
  expect(seen()).toEqual([TRACK, null]);
});

it("after a reset the snapshot counts, what is older than it is late, and what is newer goes on", () => {
  told(5);
  slots.replace([slot({ paused: true, reason: "bandwidth" })]);
  expect(seen()).toEqual([null, "bandwidth"]);
  told(5);
  expect(seen()).toEqual([null, "bandwidth"]);
  told(6);
  expect(seen()).toEqual([TRACK, null]);
});

it("a new connection begins with nothing, and its first assignment counts", () => {
  told(5);
  lines.set({ ...LINES });
  expect(seen()).toEqual([null, null]);
  told(1);
  expect(seen()).toEqual([TRACK, null]);
});
