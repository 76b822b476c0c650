/** Where a session stands in its two logs, and what an event or a pong says about it. */
import type { EventFrame, Pong } from "../protocol";

export type Judgement = "apply" | "drop" | "gap";

export class LogPosition {
  epoch = "";
  ro = 0;
  po = 0;
  private promised: { ro: number; po: number } | null = null;

  reset(epoch: string, ro: number, po: number): void {
    this.epoch = epoch;
    this.ro = ro;
    this.po = po;
    this.promised = null;
  }

  /** A new connection: tops heard on the old one don't count. */
  connectionLost(): void {
    this.promised = null;
  }

  /** Moves on when the event is the next one. */
  take(event: EventFrame): Judgement {
    if (typeof event.off !== "number") return "apply";
    if (typeof event.ep === "string" && event.ep !== this.epoch) return "gap";
    const stream = event.st === "r" ? "ro" : "po";
    if (event.off <= this[stream]) return "drop";
    if (event.off > this[stream] + 1) return "gap";
    this[stream] = event.off;
    return "apply";
  }

  /**
   * Tells whether something is missing. The top in a pong may be ahead of events still on their way, so it is
   * held against the position at the next pong.
   */
  hearTops(pong: Pong): boolean {
    const missing = this.promised !== null && (this.ro < this.promised.ro || this.po < this.promised.po);
    this.promised = { ro: pong.top_ro ?? 0, po: pong.top_po ?? 0 };
    return missing;
  }
}
