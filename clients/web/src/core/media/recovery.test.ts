import { beforeEach, describe, expect, it } from "vitest";

import type { Remedy } from "./recovery";
import { Recovery } from "./recovery";

let recovery: Recovery;

beforeEach(() => {
  recovery = new Recovery();
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

  it("that is disconnected for four seconds is restarted", () => {
    recovery.see("connected", 1000);
    recovery.see("disconnected", 2000);
    expect(remedies(2000, 6000)).toEqual([["restart", 6]]);
  });

  it("that comes back by itself is left alone", () => {
    recovery.see("connected", 1000);
    recovery.see("disconnected", 2000);
    recovery.see("connected", 4000);
    expect(remedies(4000, 60_000)).toEqual([]);
  });

  it("that failed is restarted at once, and rebuilt when that did not help", () => {
    recovery.see("connected", 1000);
    recovery.see("failed", 2000);
    expect(remedies(2000, 2000)).toEqual([["restart", 2]]);
    recovery.see("failed", 2250);
    expect(remedies(2250, 4000)).toEqual([["rebuild", 3.25]]);
  });
});
