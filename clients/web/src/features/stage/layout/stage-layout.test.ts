import { describe, expect, it } from "vitest";

import { participant } from "../../../testing/fake-session";
import { chooseMain, layoutStage, sharedScreens } from "./stage-layout";
import { filmCapacity } from "./speaker";
import { MAX_VIDEOS, chooseVideos } from "./videos";

const STAGE = { width: 1256, height: 712 };
const ids = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
const base = { stage: STAGE, main: null, screens: [], selfId: "p0", page: 0 };

describe("what is large", () => {
  const screens = [{ participantId: "b", source: "screen" as const }];
  const none = { pinned: null, screens: [], present: ["a", "b"], mode: "grid" as const, speaker: "b", spotlight: null };

  it("is nothing in the grid", () => {
    expect(chooseMain(none)).toBeNull();
  });

  it("is the speaker in the speaker view", () => {
    expect(chooseMain({ ...none, mode: "speaker" })).toEqual({ participantId: "b", source: "camera" });
  });

  it("is a shared screen, which gives the stage back when it ends", () => {
    expect(chooseMain({ ...none, screens })).toEqual(screens[0]);
    expect(chooseMain({ ...none, screens: [] })).toBeNull();
  });

  it("is whom a host put into the spotlight, behind what is shared or pinned", () => {
    const spotlit = { ...none, spotlight: "a" };
    expect(chooseMain(spotlit)).toEqual({ participantId: "a", source: "camera" });
    expect(chooseMain({ ...spotlit, mode: "speaker" })).toEqual({ participantId: "a", source: "camera" });
    expect(chooseMain({ ...spotlit, screens })).toEqual(screens[0]);
    expect(chooseMain({ ...spotlit, present: ["b"] })).toBeNull();
  });

  it("is what is pinned, as long as it is there", () => {
    const pinned = { participantId: "a", source: "camera" as const };
    expect(chooseMain({ ...none, screens, pinned })).toEqual(pinned);
    expect(chooseMain({ ...none, screens, pinned, present: ["b"] })).toEqual(screens[0]);
  });

  it("is never one's own screen", () => {
    expect(sharedScreens([participant({ participantId: "a", isSelf: true, screen: true })])).toEqual([]);
  });
});

describe("the stage", () => {
  it("turns to pages beyond 25", () => {
    const first = layoutStage({ ...base, order: ids(30) });
    expect(first.tiles).toHaveLength(25);
    expect(first.pages).toBe(2);
    const second = layoutStage({ ...base, order: ids(30), page: 1 });
    expect(second.tiles.map((tile) => tile.participantId)).toEqual(ids(30).slice(25));
  });

  it("stays on the last page when others leave", () => {
    expect(layoutStage({ ...base, order: ids(3), page: 4 })).toMatchObject({ page: 0, pages: 1 });
  });

  it("shows the large tile once, and the rest in the strip", () => {
    const layout = layoutStage({ ...base, order: ids(4), main: { participantId: "p2", source: "camera" } });
    expect(layout.tiles.map((tile) => [tile.participantId, tile.place])).toEqual([
      ["p2", "main"],
      ["p0", "film"],
      ["p1", "film"],
      ["p3", "film"],
    ]);
  });

  it("says how many the strip has no room for", () => {
    const capacity = filmCapacity(STAGE);
    const layout = layoutStage({ ...base, order: ids(capacity + 4), main: { participantId: "p1", source: "camera" } });
    expect(layout.tiles).toHaveLength(capacity + 1);
    expect(layout.hidden).toBe(3);
  });

  it("lets one who shares keep their face in the strip", () => {
    const screen = { participantId: "p1", source: "screen" as const };
    const layout = layoutStage({ ...base, order: ids(2), main: screen, screens: [screen] });
    expect(layout.tiles.map((tile) => tile.id)).toEqual(["p1-screen", "p0-camera", "p1-camera"]);
  });
});

describe("the pictures asked for", () => {
  const sending = { isSending: () => true, speakers: [], devicePixelRatio: 2 };

  it("are as wide as the tile in device pixels, and never one's own", () => {
    const { tiles } = layoutStage({ ...base, order: ids(2) });
    const requests = chooseVideos({ tiles, ...sending });
    expect(requests).toEqual([{ participantId: "p1", source: "camera", width: tiles[1]!.rect.width * 2 }]);
  });

  it("are nine at most: speakers first, then by place", () => {
    const { tiles } = layoutStage({ ...base, order: ids(20) });
    const requests = chooseVideos({ tiles, ...sending, speakers: ["p17", "p3"] });
    expect(requests).toHaveLength(MAX_VIDEOS);
    expect(requests.slice(0, 4).map((request) => request.participantId)).toEqual(["p17", "p3", "p1", "p2"]);
  });

  it("put the large tile first", () => {
    const { tiles } = layoutStage({ ...base, order: ids(5), main: { participantId: "p4", source: "screen" } });
    expect(chooseVideos({ tiles, ...sending, speakers: ["p1"] })[0]).toMatchObject({ participantId: "p4", source: "screen" });
  });

  it("leave out cameras that are off", () => {
    const { tiles } = layoutStage({ ...base, order: ids(3) });
    const requests = chooseVideos({ tiles, ...sending, isSending: (tile) => tile.participantId === "p2" });
    expect(requests.map((request) => request.participantId)).toEqual(["p2"]);
  });
});
