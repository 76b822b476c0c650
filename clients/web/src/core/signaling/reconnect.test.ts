import { describe, expect, it } from "vitest";

import type { Ending } from "./reconnect";
import { countFailures, judgeEnding, pauseMs } from "./reconnect";
import { seededRandom } from "./random.fixture";

describe("the pause before another socket", () => {
  it("is at most 0.3 s at first, doubles while nobody answers, and ends at 4 to 8 s", () => {
    const shortest: number[] = [];
    const longest: number[] = [];
    for (let failures = 0, count = 0; count < 7; count++, failures = countFailures(failures, "unanswered")) {
      shortest.push(pauseMs(failures, 0));
      longest.push(pauseMs(failures, 1));
    }
    expect(shortest).toEqual([0, 300, 600, 1200, 2400, 4000, 4000]);
    expect(longest).toEqual([300, 600, 1200, 2400, 4800, 8000, 8000]);
  });

  it("is at most 0.1 s for three tries where a session was lost that had just begun, then as at first", () => {
    const longest: number[] = [];
    for (let failures = countFailures(9, "brief"); longest.length < 5; failures = countFailures(failures, "unanswered")) {
      longest.push(pauseMs(failures, 1));
    }
    expect(longest).toEqual([100, 100, 100, 300, 600]);
  });

  it.each<[Ending, number, number]>([
    ["stable", 9, 0],
    ["brief", 9, -3],
    ["answered", 1, 1.5],
    ["unanswered", -3, -2],
    ["turned_away", -3, 1],
  ])("after a socket that was %s, with %d failures so far, counts %d", (ending, failures, expected) => {
    expect(countFailures(failures, ending)).toBe(expected);
  });

  it("knows how a socket ended by what it had", () => {
    expect(judgeEnding(true, 5000, true)).toBe("stable");
    expect(judgeEnding(true, 1000, true)).toBe("turned_away");
    expect(judgeEnding(true, 1000, false)).toBe("brief");
    expect(judgeEnding(true, null, false)).toBe("answered");
    expect(judgeEnding(false, null, false)).toBe("unanswered");
  });
});

/** Seconds from each client's loss until its first try after `downMs`, and how many tries begin in each second. */
function storm(clients: number, downMs: number): { backMs: number[]; perSecond: number[] } {
  const random = seededRandom(1);
  const backMs: number[] = [];
  const perSecond: number[] = Array<number>(Math.ceil(downMs / 1000)).fill(0);
  for (let client = 0; client < clients; client++) {
    let failures = countFailures(0, "stable");
    let at = pauseMs(failures, random());
    for (; at < downMs; at += pauseMs(failures, random())) {
      const second = Math.floor(at / 1000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
      failures = countFailures(failures, "unanswered");
    }
    backMs.push(at - downMs);
  }
  return { backMs: backMs.sort((one, other) => one - other), perSecond };
}

it("ten thousand clients of a server that is dead for a minute try some 1,700 times a second, and are back within 8 s", () => {
  const { backMs, perSecond } = storm(10_000, 60_000);
  expect(Math.max(...perSecond)).toBeLessThan(21_000); // the very first second, refused at once
  for (let second = 30; second < 60; second++) expect(perSecond[second]).toBeLessThan(2500);
  expect(backMs.at(-1)).toBeLessThanOrEqual(8000);
});

it("a link that resets every socket after 0.3 s is back within a second in 99 of 100 cases, though one try in three fails", () => {
  const random = seededRandom(2);
  const backMs: number[] = [];
  let failures = 0;
  for (let loss = 0; loss < 20_000; loss++) {
    failures = countFailures(failures, "brief");
    let back = pauseMs(failures, random());
    for (; random() < 0.33; back += 30 + pauseMs(failures, random())) {
      failures = countFailures(failures, random() < 0.5 ? "answered" : "unanswered");
    }
    backMs.push(back);
  }
  backMs.sort((one, other) => one - other);
  expect(backMs[Math.floor(backMs.length * 0.99)]).toBeLessThanOrEqual(1000);
});
