/** When to mend or replace the media connection. Pure: what was seen and the hour go in, what to do comes out. */

export type Remedy = "restart" | "rebuild";

const DISCONNECTED_MS = 4000;
const CONNECT_MS = 10_000;
const PAUSES_MS = [0, 1000, 2000, 4000, 8000];

/** Attempts after which a person should know that it does not work. */
const FAILED_AFTER = 2;

export class Recovery {
  private connected = false;
  private since = 0;
  private attempts = 0;
  private tried: Remedy | null = null;
  private failedAt: number | null = null;
  private disconnectedAt: number | null = null;

  /** An offer goes out. */
  begin(now: number): void {
    this.connected = false;
    this.since = now;
    this.failedAt = null;
    this.disconnectedAt = null;
  }

  /** The browser tells the state of the connection. */
  see(state: RTCPeerConnectionState, now: number): void {
    if (state === "connected") {
      this.connected = true;
      this.attempts = 0;
      this.tried = null;
      this.failedAt = null;
      this.disconnectedAt = null;
    }
    if (state === "disconnected") this.disconnectedAt ??= now;
    if (state === "failed") this.fail(now);
  }

  /** The negotiation was refused, or the answer was no good. */
  fail(now: number): void {
    this.failedAt ??= now;
  }

  get looksFailed(): boolean {
    return this.attempts >= FAILED_AFTER;
  }

  /** What is to be done now; asks for it once. Only while signaling is live: nothing can be negotiated without. */
  due(now: number): Remedy | null {
    const pauseMs = PAUSES_MS[Math.min(this.attempts, PAUSES_MS.length - 1)] ?? 0;
    if (!this.isBroken(now) || now < (this.failedAt ?? this.since) + pauseMs) return null;
    const remedy: Remedy = this.connected && this.tried === null ? "restart" : "rebuild";
    this.tried = remedy;
    this.attempts++;
    return remedy;
  }

  private isBroken(now: number): boolean {
    if (this.failedAt !== null) return true;
    if (this.disconnectedAt !== null) return now - this.disconnectedAt >= DISCONNECTED_MS;
    return !this.connected && now - this.since >= CONNECT_MS;
  }
}
