/** Which receive slot shows which tile. Pure: a tile keeps its slot for as long as it is wanted. */
import type { LayoutSlot } from "../protocol";
import type { RoomState } from "../room/state";
import type { TileRequest } from "../types";

/** Widths are asked for in steps, so that dragging a window is not a hundred requests. */
const STEP_PX = 80;
const MAX_PX = 3840;
const LIKELY_CAMERA_PX = 640;
const LIKELY_SCREEN_PX = 1280;

/** Tiles beyond the slots there are get none: the first ones win, screens before cameras. */
export function assignSlots(mids: readonly string[], tiles: readonly TileRequest[], before: readonly LayoutSlot[]): LayoutSlot[] {
  const wanted = distinct(tiles).slice(0, mids.length);
  const kept = wanted.map((tile) => before.find((slot) => isFor(slot, tile) && mids.includes(slot.mid))?.mid);
  const free = mids.filter((mid) => !kept.includes(mid));
  const slots = wanted.map((tile, index) => asSlot(kept[index] ?? free.shift() ?? "", tile));
  return slots.sort((a, b) => mids.indexOf(a.mid) - mids.indexOf(b.mid));
}

/** What will probably be visible: asked for with the offer, before the interface has drawn anything. */
export function likelyTiles(room: RoomState): TileRequest[] {
  return room.participants.flatMap(({ participant_id: participantId }) => [
    { participantId, source: "screen" as const, width: LIKELY_SCREEN_PX },
    { participantId, source: "camera" as const, width: LIKELY_CAMERA_PX },
  ]);
}

export function isSameLayout(a: readonly LayoutSlot[], b: readonly LayoutSlot[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A tile asked for twice (grid and filmstrip) needs one picture, as wide as the widest. */
function distinct(tiles: readonly TileRequest[]): TileRequest[] {
  const widest = new Map<string, TileRequest>();
  for (const tile of [...tiles].sort((a, b) => Number(b.source === "screen") - Number(a.source === "screen"))) {
    const key = `${tile.source} ${tile.participantId}`;
    const width = Math.max(tile.width, widest.get(key)?.width ?? 0);
    widest.set(key, { ...tile, width });
  }
  return [...widest.values()];
}

function isFor(slot: LayoutSlot, tile: TileRequest): boolean {
  return slot.participant_id === tile.participantId && slot.source === tile.source;
}

function asSlot(mid: string, tile: TileRequest): LayoutSlot {
  const width = Math.min(MAX_PX, Math.ceil(Math.max(0, tile.width) / STEP_PX) * STEP_PX);
  return { mid, participant_id: tile.participantId, source: tile.source, width };
}
