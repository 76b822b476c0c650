/** When to mend or replace the media connection. Pure: what was seen and the hour go in, what to do comes out. */

export type Remedy = "restart" | "rebuild";

/** The browser says so after 2.5 s or more without an answer; a short gap of the network heals meanwhile. */
const DISCONNECTED_MS = 1000;
const CONNECT_MS = 10_000;
const PAUSES_MS = [0, 500, 1000, 2000, 4000, 8000];
/** Pauses are longer by up to this share, so that those whom one fault hit don't come back all at once. */
const SPREAD = 0.5;
/** What flows for so long is mended. Until then each further attempt waits longer. */
const STABLE_MS = 10_000;

/** Attempts after which a person should know that it does not work. */
const FAILED_AFTER = 2;
/** A path that was mended so often and is lost again and again: the connection is replaced. */
const RESTARTS = 3;

export class Recovery {
  private connected = false;
  private since = 0;
  private attempts = 0;
  private tried: Remedy | null = null;
  private failedAt: number | null = null;
  private lostAt: number | null = null;
  private disconnectedAt: number | null = null;
  private flowsSince: number | null = null;
  private spread = 0;

  /** `random` is in [0, 1). */
  constructor(private readonly random: () => number) {}

  /** An offer goes out. */
  begin(now: number): void {
    this.connected = false;
    this.since = now;
    this.failedAt = this.lostAt = this.disconnectedAt = this.flowsSince = null;
  }

  /** The browser tells the state of the connection. */
  see(state: RTCPeerConnectionState, now: number): void {
    if (state === "connected") {
      this.connected = true;
      this.tried = null;
      this.failedAt = this.disconnectedAt = null;
    }
    if (state === "disconnected") this.disconnectedAt ??= now;
    if (state === "failed") this.fail(now);
  }

  /** The negotiation was refused, or the answer was no good. */
  fail(now: number): void {
    this.failedAt ??= now;
  }

  /** Nothing comes over the path, though it should; whatever the browser says of the connection. */
  lose(now: number): void {
    this.lostAt ??= now;
    this.flowsSince = null;
  }

  /** Something comes over the path. */
  flow(now: number): void {
    this.lostAt = null;
    this.flowsSince ??= now;
    if (this.connected && now - this.flowsSince >= STABLE_MS) this.attempts = 0;
  }

  get looksFailed(): boolean {
    return !this.connected && this.attempts >= FAILED_AFTER;
  }

  /** What is to be done now; asks for it once. Only while signaling is live: nothing can be negotiated without. */
  due(now: number): Remedy | null {
    if (!this.isBroken(now) || now < (this.failedAt ?? this.lostAt ?? this.since) + this.pauseMs) return null;
    const canRestart = this.connected && this.tried === null && this.attempts < RESTARTS;
    this.tried = canRestart ? "restart" : "rebuild";
    this.attempts++;
    this.spread = this.random() * SPREAD;
    return this.tried;
  }

  private get pauseMs(): number {
    return (PAUSES_MS[Math.min(this.attempts, PAUSES_MS.length - 1)] ?? 0) * (1 + this.spread);
  }

  private isBroken(now: number): boolean {
    if (this.failedAt !== null || this.lostAt !== null) return true;
    if (this.disconnectedAt !== null) return now - this.disconnectedAt >= DISCONNECTED_MS;
    return !this.connected && now - this.since >= CONNECT_MS;
  }
}
