import { describe, expect, it } from "vitest";

import { GAP, fitGrid, fitInside, gridRects, pageCapacity, pageCount } from "./grid";
import type { Rect } from "./grid";

const DESKTOP = { width: 1256, height: 712 };
const PHONE = { width: 374, height: 740 };

function overlap(left: Rect, right: Rect): boolean {
  return (
    left.x < right.x + right.width &&
    right.x < left.x + left.width &&
    left.y < right.y + right.height &&
    right.y < left.y + left.height
  );
}

describe("the grid", () => {
  it.each([
    [1, 1, 1],
    [2, 2, 1],
    [3, 2, 2],
    [4, 2, 2],
    [5, 3, 2],
    [9, 3, 3],
    [16, 4, 4],
    [25, 5, 5],
  ])("lays %i tiles out in %i columns and %i rows on a desktop", (count, columns, rows) => {
    expect(fitGrid(count, DESKTOP)).toMatchObject({ columns, rows });
  });

  it("stacks two tiles on an upright phone", () => {
    expect(fitGrid(2, PHONE)).toMatchObject({ columns: 1, rows: 2 });
  });

  it.each([1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 25])("keeps %i tiles inside the stage and apart from each other", (count) => {
    for (const stage of [DESKTOP, PHONE]) {
      const rects = gridRects(count, stage);
      expect(rects).toHaveLength(count);
      for (const [index, rect] of rects.entries()) {
        expect(rect.x).toBeGreaterThanOrEqual(0);
        expect(rect.y).toBeGreaterThanOrEqual(0);
        expect(rect.x + rect.width).toBeLessThanOrEqual(stage.width + 1);
        expect(rect.y + rect.height).toBeLessThanOrEqual(stage.height + 1);
        expect(rects.slice(index + 1).some((other) => overlap(rect, other))).toBe(false);
      }
    }
  });

  it("centres a last row that isn't full", () => {
    const [first, second, third] = gridRects(3, DESKTOP);
    const middle = (first!.x + second!.x + second!.width) / 2;
    expect(Math.abs(third!.x + third!.width / 2 - middle)).toBeLessThanOrEqual(1);
    expect(second!.x - first!.x - first!.width).toBe(GAP);
  });

  it("never cuts a landscape picture narrower than 4:3 on a desktop", () => {
    for (const { width, height } of gridRects(2, DESKTOP)) expect(width / height).toBeGreaterThanOrEqual(1.32);
  });

  it("survives a stage without a size", () => {
    expect(gridRects(2, { width: 0, height: 0 })).toHaveLength(2);
    expect(gridRects(0, DESKTOP)).toEqual([]);
  });
});

describe("pages", () => {
  it("hold 25 tiles on a desktop and fewer where tiles would be too small", () => {
    expect(pageCapacity(DESKTOP)).toBe(25);
    expect(pageCapacity(PHONE)).toBe(9);
    expect(pageCapacity({ width: 240, height: 200 })).toBe(2);
  });

  it("are counted up, and there is always one", () => {
    expect(pageCount(0, 25)).toBe(1);
    expect(pageCount(25, 25)).toBe(1);
    expect(pageCount(26, 25)).toBe(2);
  });
});

describe("fitInside", () => {
  it("centres the shape and fills the tighter side", () => {
    expect(fitInside(16 / 9, { x: 0, y: 0, width: 1600, height: 1000 })).toEqual({ x: 0, y: 50, width: 1600, height: 900 });
  });
});
