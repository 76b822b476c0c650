/**
 * A server that goes away. The next socket is opened beside the present one; once the session is there, it takes the
 * present one's place. Until then nothing is given up: a server that is alone keeps its clients to the end.
 * Times are milliseconds, `random` is in [0, 1).
 */

/** In which share of the server's last time its clients open their next sockets: together they would be a storm. */
const FIRST_WITHIN = 0.4;
/** The pause after such a socket was refused, as a share of that time: the way to another server may not be there yet. */
const AGAIN_AFTER = 0.1;
/** A socket that says nothing for so long is given up. */
const PATIENCE_MS = 3000;

export class Handover {
  private deadlineMs = 0;
  private openAt = Infinity;
  private until = -Infinity;
  private since: number | null = null;
  /** The next server has been told who is here: from then on nothing is sent to the former. */
  isGreeted = false;

  begin(now: number, deadlineMs: number, random: number): void {
    this.deadlineMs = deadlineMs;
    this.until = now + deadlineMs;
    this.openAt = now + deadlineMs * FIRST_WITHIN * random;
  }

  get hasNext(): boolean {
    return this.since !== null;
  }

  /** What is to be done with the next socket now; asks for it once. */
  due(now: number): "open" | "drop" | null {
    if (this.since !== null) return now - this.since >= PATIENCE_MS ? "drop" : null;
    if (now < this.openAt || now >= this.until) return null;
    this.since = now;
    return "open";
  }

  greeted(now: number): void {
    this.isGreeted = true;
    this.since = now;
  }

  /** The next socket was refused. */
  lose(now: number, random: number): void {
    this.since = null;
    this.openAt = now + this.deadlineMs * AGAIN_AFTER * (1 + random);
  }

  end(): void {
    this.since = null;
    this.isGreeted = false;
    this.openAt = Infinity;
  }
}
