import { expect, it } from "vitest";

import type { SlotState } from "../protocol";
import { createStore } from "../store";
import type { Lines } from "./lines";
import { createSlots } from "./slots";

const TRACK = {} as MediaStreamTrack;
const LINES = { videoSlots: [{ mid: "4", receiver: { track: TRACK } }] } as unknown as Lines;

function slot(paused: boolean): SlotState {
  return { mid: "4", kind: "video", participant_id: "p", source: "camera", paused };
}

it("a picture that the server holds back is none, and known as such", () => {
  const slots = createSlots(createStore<Lines | null>(LINES));
  const told = (version: number, paused: boolean) => slots.accept({ generation: 1, version, slots: [slot(paused)] }, 1);
  const seen = () => [slots.trackOf("p", "camera"), slots.isPaused("p", "camera")];
  expect(seen()).toEqual([null, false]);
  told(1, false);
  expect(seen()).toEqual([TRACK, false]);
  told(2, true);
  expect(seen()).toEqual([null, true]);
  expect(slots.isPaused("p", "screen")).toBe(false);
  told(3, false);
  expect(seen()).toEqual([TRACK, false]);
});
