/** Arithmetic of the speaker view: one large tile, and a strip of small ones beside or below it. */
import { GAP, fitInside } from "./grid";
import type { Rect, Size } from "./grid";

const SHAPE = 16 / 9;

export interface SpeakerLayout {
  main: Rect;
  film: Rect[];
}

/** How many small tiles the strip holds. */
export function filmCapacity(stage: Size): number {
  const tile = filmTile(stage);
  const along = isWide(stage) ? stage.height : stage.width;
  const length = isWide(stage) ? tile.height : tile.width;
  return Math.max(1, Math.floor((along + GAP) / (length + GAP)));
}

function isWide(stage: Size): boolean {
  return stage.width >= stage.height;
}

function filmTile(stage: Size): Size {
  const width = isWide(stage)
    ? Math.round(Math.min(240, Math.max(128, stage.width * 0.18)))
    : Math.round(Math.min(176, Math.max(104, (stage.width - 2 * GAP) / 3)));
  return { width, height: Math.round(width / SHAPE) };
}

/** `filmCount` beyond the capacity is cut off. A screen takes all the room there is; a face keeps 16:9. */
export function speakerRects(filmCount: number, stage: Size, mainIsScreen: boolean): SpeakerLayout {
  const shown = Math.min(filmCount, filmCapacity(stage));
  const tile = filmTile(stage);
  const wide = isWide(stage);
  const strip = shown === 0 ? 0 : GAP + (wide ? tile.width : tile.height);
  const box = {
    x: 0,
    y: 0,
    width: stage.width - (wide ? strip : 0),
    height: stage.height - (wide ? 0 : strip),
  };
  const main = mainIsScreen ? box : fitInside(wide ? SHAPE : Math.max(0.75, box.width / box.height), box);
  return { main, film: wide ? column(shown, tile, stage) : row(shown, tile, stage) };
}

function column(count: number, tile: Size, stage: Size): Rect[] {
  const top = Math.round((stage.height - count * tile.height - (count - 1) * GAP) / 2);
  return Array.from({ length: count }, (_, index) => ({
    ...tile,
    x: Math.round(stage.width - tile.width),
    y: top + index * (tile.height + GAP),
  }));
}

function row(count: number, tile: Size, stage: Size): Rect[] {
  const left = Math.round((stage.width - count * tile.width - (count - 1) * GAP) / 2);
  return Array.from({ length: count }, (_, index) => ({
    ...tile,
    x: left + index * (tile.width + GAP),
    y: Math.round(stage.height - tile.height),
  }));
}
