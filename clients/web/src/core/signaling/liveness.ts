/** Whether the other side is still there: heartbeats out, silence noticed. Times are milliseconds. */
import { DEAD_AFTER_S, HEARTBEAT_S } from "../protocol";

const ACK_TIMEOUT_MS = 6000;
const PROBE_MS = 3000;
/** The timers of a hidden page fire once a second: silence is noticed within the limit, not after it. */
const LOOKED_EVERY_MS = 1000;

export type Verdict = "alive" | "dead";

export class Liveness {
  private heartbeatMs = HEARTBEAT_S * 1000;
  private deadMs = DEAD_AFTER_S * 1000;
  private heardAt = 0;
  private lookedAt = 0;
  private nextBeatAt = Infinity;
  private probeUntil: number | null = null;

  /** A socket is opening. */
  start(now: number): void {
    this.heardAt = now;
    this.lookedAt = now;
    this.nextBeatAt = Infinity;
    this.probeUntil = null;
  }

  /** The session is live; the first beat comes at a random phase, so that a restart is no stampede. */
  beginBeats(now: number, random: number): void {
    this.nextBeatAt = now + random * this.heartbeatMs;
  }

  configure(heartbeatMs: number, deadMs: number): void {
    this.heartbeatMs = heartbeatMs;
    this.deadMs = deadMs;
  }

  heard(now: number): void {
    this.heardAt = now;
    this.probeUntil = null;
  }

  /** True when a ping is due; asks for the next one itself. */
  takeBeat(now: number): boolean {
    if (now < this.nextBeatAt) return false;
    this.nextBeatAt = now + this.heartbeatMs;
    return true;
  }

  /** Expects something within three seconds: the page slept or the network changed. */
  probe(now: number): void {
    this.probeUntil ??= now + PROBE_MS;
    if (this.nextBeatAt !== Infinity) this.nextBeatAt = now;
  }

  /** Judges at each tick. A tick that comes much too late means that the page slept: silence proves nothing then. */
  judge(now: number, oldestSentAt: number | null): Verdict {
    const slept = now - this.lookedAt > this.heartbeatMs;
    this.lookedAt = now;
    if (slept) {
      this.heardAt = Math.max(this.heardAt, now - this.heartbeatMs);
      this.probe(now);
      return "alive";
    }
    if (this.probeUntil !== null && now >= this.probeUntil) return "dead";
    if (now - this.heardAt > this.deadMs - LOOKED_EVERY_MS) return "dead";
    if (oldestSentAt !== null && now - oldestSentAt >= ACK_TIMEOUT_MS) return "dead";
    return "alive";
  }
}
