/**
 * The suspicion that a socket is dead though nobody closed it. It is asked for a sign of life; if none comes at once,
 * a rival socket is opened beside it. Whichever says something first stays. Times are milliseconds.
 */

/** An answer takes a round trip; a rival costs the server a socket. */
const ASK_MS = 150;
const ASK_SPREAD_MS = 100;
/** A rival that says nothing for so long is given up. */
const PATIENCE_MS = 3000;
/** Between rivals of one doubt, and between doubts. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000];
/** Without a doubt for so long all is forgotten. */
const CALM_MS = 30_000;
/** What the media path says after the answer of signaling counts, not what it said before. */
const SETTLE_MS = 500;

export class Doubt {
  private since: number | null = null;
  private rivalAt = Infinity;
  private rivalSince: number | null = null;
  private pauses = 0;
  private quietUntil = -Infinity;
  private endedAt = -Infinity;

  get hasRival(): boolean {
    return this.rivalSince !== null;
  }

  /** True: a sign of life is to be asked for now. `random` is in [0, 1). */
  begin(now: number, random: number): boolean {
    if (this.since !== null || now < this.quietUntil) return false;
    if (now - this.endedAt >= CALM_MS) this.pauses = 0;
    this.since = now;
    this.rivalAt = now + ASK_MS + random * ASK_SPREAD_MS;
    return true;
  }

  /** What is to be done with a rival now; asks for it once. */
  due(now: number, random: number): "open" | "drop" | null {
    if (this.rivalSince !== null && now - this.rivalSince >= PATIENCE_MS) {
      this.lose(now, random);
      return "drop";
    }
    if (this.since === null || this.rivalSince !== null || now < this.rivalAt) return null;
    this.rivalSince = now;
    return "open";
  }

  /** The rival failed: the next one comes later. */
  lose(now: number, random: number): void {
    this.rivalSince = null;
    this.rivalAt = now + this.nextPause(random);
  }

  /** The socket lives, or is gone, or the rival has taken its place. */
  end(now: number, random: number): void {
    if (this.since === null) return;
    this.since = this.rivalSince = null;
    this.rivalAt = Infinity;
    this.endedAt = now;
    this.quietUntil = now + this.nextPause(random);
  }

  /** Whether the socket is known to live, and has been for a moment. */
  isSure(now: number): boolean {
    return this.since === null && now - this.endedAt >= SETTLE_MS;
  }

  private nextPause(random: number): number {
    const pause = PAUSES_MS[Math.min(this.pauses++, PAUSES_MS.length - 1)] ?? 0;
    return pause * (1 + random / 2);
  }
}
