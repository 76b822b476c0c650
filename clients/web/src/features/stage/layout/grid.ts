/** Arithmetic of the grid: how many tiles a page holds, and where each one lies. All in CSS pixels. */

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  x: number;
  y: number;
}

export const GAP = 8;

/** A page holds one of these many tiles at most. */
const PAGE_SIZES = [1, 2, 4, 9, 16, 25] as const;

/** Below this width a face is too small to read. */
const MIN_TILE_WIDTH = 128;

const WIDEST = 16 / 9;
/** Cameras are landscape: on a landscape stage a tile is never cut narrower than 4:3, on an upright phone 3:4. */
const NARROWEST = { landscape: 4 / 3, portrait: 3 / 4 };

export interface Grid extends Size {
  columns: number;
  rows: number;
}

/** The number of columns that gives the largest tiles; `width` and `height` are one tile's. */
export function fitGrid(count: number, stage: Size): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const tile = fitTile((stage.width - GAP * (columns - 1)) / columns, (stage.height - GAP * (rows - 1)) / rows, stage);
    if (tile.width * tile.height > best.width * best.height) best = { columns, rows, ...tile };
  }
  return best;
}

/** The largest tile inside a cell whose shape a camera picture can bear. */
function fitTile(width: number, height: number, stage: Size): Size {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  const narrowest = stage.width >= stage.height ? NARROWEST.landscape : NARROWEST.portrait;
  const shape = Math.min(WIDEST, Math.max(narrowest, width / height));
  return width / height > shape
    ? { width: Math.floor(height * shape), height: Math.floor(height) }
    : { width: Math.floor(width), height: Math.floor(width / shape) };
}

/** Where `count` tiles lie: centred, rows full from the top, the last row centred too. */
export function gridRects(count: number, stage: Size): Rect[] {
  const { columns, rows, width, height } = fitGrid(count, stage);
  const top = (stage.height - rows * height - (rows - 1) * GAP) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (stage.width - inRow * width - (inRow - 1) * GAP) / 2;
    return {
      x: Math.round(left + (index % columns) * (width + GAP)),
      y: Math.round(top + row * (height + GAP)),
      width,
      height,
    };
  });
}

/** How many tiles a page of this stage holds: the largest page size whose tiles are still readable. */
export function pageCapacity(stage: Size): number {
  const fitting = PAGE_SIZES.filter((size) => fitGrid(size, stage).width >= MIN_TILE_WIDTH);
  return fitting.at(-1) ?? 1;
}

export function pageCount(tiles: number, capacity: number): number {
  return Math.max(1, Math.ceil(tiles / capacity));
}

/** `shape` (width by height) as large as it fits into `box`, centred. */
export function fitInside(shape: number, box: Rect): Rect {
  const width = Math.floor(Math.min(box.width, box.height * shape));
  const height = Math.floor(Math.min(box.height, box.width / shape));
  return {
    x: Math.round(box.x + (box.width - width) / 2),
    y: Math.round(box.y + (box.height - height) / 2),
    width,
    height,
  };
}
