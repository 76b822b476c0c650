import { beforeEach, describe, expect, it } from "vitest";

import type { Remedy } from "./recovery";
import { Recovery } from "./recovery";

let recovery: Recovery;

beforeEach(() => {
  recovery = new Recovery(() => 0);
  recovery.begin(0);
});

/** What is done until `end`, each remedy with the second it is asked for; an offer goes out each time. */
function remedies(start: number, end: number): [Remedy, number][] {
  const found: [Remedy, number][] = [];
  for (let now = start; now <= end; now += 250) {
    const remedy = recovery.due(now);
    if (remedy === null) continue;
    found.push([remedy, now / 1000]);
    recovery.begin(now);
  }
  return found;
}

describe("a media connection", () => {
  it("that never connects is rebuilt every ten seconds, and looks failed after two tries", () => {
    expect(remedies(0, 25_000)).toEqual([["rebuild", 10], ["rebuild", 20]]);
    expect(recovery.looksFailed).toBe(true);
    recovery.see("connected", 25_000);
    expect(recovery.looksFailed).toBe(false);
  });

  it("that is disconnected for a second is restarted", () => {
    recovery.see("connected", 1000);
    recovery.see("disconnected", 2000);
    expect(remedies(2000, 3000)).toEqual([["restart", 3]]);
  });

  it("that comes back by itself is left alone", () => {
    recovery.see("connected", 1000);
    recovery.see("disconnected", 2000);
    recovery.see("connected", 2750);
    expect(remedies(2750, 60_000)).toEqual([]);
  });

  it("that failed is restarted at once, and rebuilt when that did not help", () => {
    recovery.see("connected", 1000);
    recovery.see("failed", 2000);
    expect(remedies(2000, 2000)).toEqual([["restart", 2]]);
    recovery.see("failed", 2250);
    expect(remedies(2250, 4000)).toEqual([["rebuild", 2.75]]);
  });

  it("over which nothing comes is restarted at once, whatever the browser says of it", () => {
    recovery.see("connected", 1000);
    recovery.lose(2000);
    expect(remedies(2000, 2000)).toEqual([["restart", 2]]);
  });

  it("over which something comes again before its turn is left alone", () => {
    restartAt(2000);
    recovery.lose(3000);
    recovery.flow(3250);
    expect(remedies(3250, 60_000)).toEqual([]);
  });
});

/** One restart that helped for the moment. */
function restartAt(now: number): void {
  recovery.see("connected", now);
  recovery.lose(now);
  expect(remedies(now, now)).toHaveLength(1);
  recovery.see("connected", now);
}

describe("a path that is lost again and again", () => {
  /** Flows for a while after each remedy, then falls silent again. */
  function flap(end: number, flowsMs: number): [Remedy, number][] {
    const found: [Remedy, number][] = [];
    let mendedAt = 0;
    recovery.see("connected", 0);
    for (let now = 0; now <= end; now += 250) {
      if (now - mendedAt < flowsMs) recovery.flow(now);
      else recovery.lose(now);
      const remedy = recovery.due(now);
      if (remedy === null) continue;
      found.push([remedy, now / 1000]);
      recovery.begin(now);
      recovery.see("connected", now);
      mendedAt = now;
    }
    return found;
  }

  it("is mended ever more rarely, and replaced at last", () => {
    expect(flap(40_000, 2000)).toEqual([
      ["restart", 2], ["restart", 4.5], ["restart", 7.5], ["rebuild", 11.5], ["rebuild", 17.5], ["rebuild", 27.5],
      ["rebuild", 37.5],
    ]);
  });

  it("is mended at once each time when it had held for ten seconds", () => {
    const seconds = flap(60_000, 12_000).map(([, second]) => second);
    expect(seconds).toEqual([12, 24, 36, 48, 60]);
  });

  it("comes back at another moment than for others whom the same fault hit", () => {
    const moments = [0, 0.5, 0.99].map((random) => {
      recovery = new Recovery(() => random);
      recovery.begin(0);
      return flap(20_000, 2000).at(2)?.[1];
    });
    expect(new Set(moments).size).toBe(3);
  });
});
