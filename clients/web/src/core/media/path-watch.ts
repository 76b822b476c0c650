/** Whether anything still comes over the media path. Pure: counters and the hour go in, a judgement comes out. */

export interface Traffic {
  /** Names the pair of addresses; another one counts anew. */
  pair: string;
  /** Grows with whatever arrives: packets, reports, answers to checks. */
  received: number;
  /** Packets of sound and pictures that went out; the server reports at once that they came. */
  sent: number;
}

/** `silent`: nothing came for longer than is usual here. `dead`: and what we sent was not answered. */
export type PathJudgement = "flowing" | "silent" | "dead";

/** Nothing for so long is a silence, however lively the path was. */
const LEAST_MS = 450;
/** The browser said that the network changes: it is believed for a moment. */
const HINTED_MS = 300;
const HINT_LASTS_MS = 3000;
/** Browsers check a path that is quiet every 2.5 to 6 s (RFC 7675). */
const MOST_MS = 6500;
const TIMES_USUAL = 2;
/** Sound alone, even when muted, is two packets a second or more; each is reported within 0.1 s. */
const DEAD_MS = 1500;
const DEAD_SPREAD_MS = 500;
const TIMES_USUAL_DEAD = 3;
const OWED_PACKETS = 3;
/** The usual gap is the longest one in this many spans of time. */
const SPAN_MS = 2000;
const SPANS = 3;
/** A look so late means that the page slept: silence proves nothing then. */
const SLEPT_MS = 2000;

export class PathWatch {
  private last: Traffic | null = null;
  private lookedAt: number | null = null;
  private heardAt: number | null = null;
  private sentWhenHeard = 0;
  private hintedUntil = -Infinity;
  private spread = 0;
  /** The longest gap of each span, the present one first. */
  private gaps: number[] = [MOST_MS];
  private spanEnds = -Infinity;

  /** `random` is in [0, 1): many clients of one server that fails shall not all come at once. */
  constructor(private readonly random: () => number) {}

  /** A path is looked for: it is given its time, what is usual here stays known. */
  begin(now: number): void {
    this.heardAt = this.heardAt === null ? null : now;
    this.sentWhenHeard = this.last?.sent ?? 0;
    this.spread = this.random() * DEAD_SPREAD_MS;
  }

  /** Another connection: nothing is known of it. */
  forget(): void {
    this.last = this.lookedAt = this.heardAt = null;
    this.gaps = [MOST_MS];
  }

  /** The browser says that the network has changed. */
  hint(now: number): void {
    this.hintedUntil = now + HINT_LASTS_MS;
  }

  see(traffic: Traffic | null, now: number): void {
    const before = this.lookedAt ?? now;
    const slept = now - before > SLEPT_MS;
    this.lookedAt = now;
    if (slept && this.heardAt !== null) this.hear(traffic ?? this.last, now);
    if (traffic === null) return;
    const isNews = this.last?.pair === traffic.pair ? traffic.received > this.last.received : this.last === null;
    this.last = traffic;
    if (!isNews || traffic.received === 0) return;
    // How long it was silent for certain: a look that came late saw nothing in between.
    if (this.heardAt !== null && !slept) this.learn(before - this.heardAt, now);
    this.hear(traffic, now);
  }

  judge(now: number): PathJudgement {
    if (this.heardAt === null) return "flowing";
    const silence = now - this.heardAt;
    if (silence < this.patience(now)) return "flowing";
    const isOwed = (this.last?.sent ?? 0) - this.sentWhenHeard >= OWED_PACKETS;
    const isLong = silence >= Math.max(DEAD_MS + this.spread, TIMES_USUAL_DEAD * this.usualGap);
    return isOwed && isLong ? "dead" : "silent";
  }

  private hear(traffic: Traffic | null, now: number): void {
    this.heardAt = now;
    this.sentWhenHeard = traffic?.sent ?? 0;
  }

  private learn(gap: number, now: number): void {
    if (now >= this.spanEnds) {
      this.gaps = [0, ...this.gaps].slice(0, SPANS);
      this.spanEnds = now + SPAN_MS;
    }
    this.gaps[0] = Math.max(this.gaps[0] ?? 0, gap);
  }

  private get usualGap(): number {
    return Math.max(...this.gaps);
  }

  private patience(now: number): number {
    const usual = Math.min(MOST_MS, Math.max(LEAST_MS, TIMES_USUAL * this.usualGap));
    return now < this.hintedUntil ? Math.min(HINTED_MS, usual) : usual;
  }
}
