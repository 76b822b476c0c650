import { beforeEach, describe, expect, it } from "vitest";

import type { PathJudgement } from "./path-watch";
import { PathWatch } from "./path-watch";

const LOOK_MS = 150;

/** A path in virtual time, looked at seven times a second: who sends what, and what of it arrives. */
class Path {
  now = 0;
  readonly watch: PathWatch;
  pair = "p1";
  private received = 0;
  private sent = 0;
  /** Each judgement that is no "flowing", with the time since `run` began. */
  seen: [PathJudgement, number][] = [];

  constructor(random = 0) {
    this.watch = new PathWatch(() => random);
  }

  /** `everyMs`: something arrives that often; `sentEveryMs`: something goes out that often. */
  run(ms: number, { everyMs = Infinity, sentEveryMs = 20, lookMs = LOOK_MS } = {}): this {
    const start = this.now;
    this.seen = [];
    for (const end = start + ms; this.now < end; ) {
      const before = this.now - start;
      this.now += lookMs;
      this.received += steps(before, this.now - start, everyMs);
      this.sent += steps(before, this.now - start, sentEveryMs);
      this.watch.see({ pair: this.pair, received: this.received, sent: this.sent }, this.now);
      const judgement = this.watch.judge(this.now);
      if (judgement !== "flowing" && this.seen.at(-1)?.[0] !== judgement) this.seen.push([judgement, this.now - start]);
    }
    return this;
  }
}

function steps(from: number, to: number, everyMs: number): number {
  return Math.floor(to / everyMs) - Math.floor(from / everyMs);
}

let path: Path;

beforeEach(() => {
  path = new Path();
});

describe("a lively path", () => {
  it("that falls silent is noticed within half a second, and is dead when what we send is not answered", () => {
    path.run(10_000, { everyMs: 20 });
    expect(path.seen).toEqual([]);
    expect(path.run(4000).seen).toEqual([["silent", 450], ["dead", 1500]]);
  });

  it("over which we send nothing is silent, not dead: nobody owes us an answer", () => {
    path.run(10_000, { everyMs: 20, sentEveryMs: Infinity });
    expect(path.run(4000, { sentEveryMs: Infinity }).seen).toEqual([["silent", 450]]);
  });

  it("whose muted sound comes every 0.4 s is no silence", () => {
    path.run(10_000, { everyMs: 20 });
    expect(path.run(30_000, { everyMs: 400, sentEveryMs: 400 }).seen).toEqual([]);
  });

  it("is noticed sooner when the browser says that the network changes", () => {
    path.run(10_000, { everyMs: 20 });
    path.watch.hint(path.now);
    expect(path.run(1000).seen).toEqual([["silent", 300]]);
  });

  it("that stutters is given more time", () => {
    path.run(10_000, { everyMs: 1000 });
    expect(path.run(4000).seen).toEqual([["silent", 1800], ["dead", 2700]]);
  });

  it("that a busy page looks at once a second does not stutter", () => {
    path.run(10_000, { everyMs: 20, lookMs: 1000 });
    expect(path.run(1000).seen).toEqual([["silent", 450]]);
  });

  it("is dead for others of the same server a little later or sooner", () => {
    path = new Path(0.9);
    path.watch.begin(0);
    path.run(10_000, { everyMs: 20 });
    expect(path.run(4000).seen.at(-1)).toEqual(["dead", 1950]);
  });
});

describe("a silent meeting", () => {
  it("that has only the checks of the browser is silent once, while that is learnt, and never dead", () => {
    path.run(10_000, { everyMs: 20, sentEveryMs: Infinity });
    const judgements = path.run(120_000, { everyMs: 2500, sentEveryMs: Infinity }).seen.map(([judgement]) => judgement);
    expect(judgements).toEqual(["silent"]);
  });

  it("that began silent is never anything else", () => {
    expect(path.run(120_000, { everyMs: 2500, sentEveryMs: Infinity }).seen).toEqual([]);
  });
});

describe("a page", () => {
  it("that is hidden, and looks once a second, sees no silence in that", () => {
    path.run(10_000, { everyMs: 20 });
    expect(path.run(60_000, { everyMs: 20, lookMs: 1000 }).seen).toEqual([]);
  });

  it("that slept for a minute judges by what comes after it woke", () => {
    path.run(10_000, { everyMs: 20 });
    path.now += 60_000;
    expect(path.run(400).seen).toEqual([]);
    expect(path.run(2000).seen[0]).toEqual(["silent", 150]);
  });
});

describe("a connection", () => {
  it("that never got anything is not judged: others see to it", () => {
    expect(path.run(60_000).seen).toEqual([]);
  });

  it("that changes to another dead pair of addresses is still silent", () => {
    path.run(10_000, { everyMs: 20 });
    path.run(400);
    path.pair = "p2";
    expect(path.run(400).seen).toEqual([["silent", 150]]);
  });

  it("that is being mended is given its time, and judged again", () => {
    path.run(10_000, { everyMs: 20 });
    path.run(1000);
    path.watch.begin(path.now);
    expect(path.run(1000).seen).toEqual([["silent", 450]]);
  });

  it("that was replaced begins anew", () => {
    path.run(10_000, { everyMs: 20 });
    path.run(1000);
    path.watch.forget();
    expect(path.watch.judge(path.now)).toBe("flowing");
  });
});
