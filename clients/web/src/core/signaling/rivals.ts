/**
 * The sockets beside the present one, one at a time: a rival where that seems dead, the next one where its server goes
 * away. Times are milliseconds.
 */
import { CLOSE_CODES } from "../protocol";
import { Doubt } from "./doubt";
import type { Effect } from "./effects";
import { Handover } from "./handover";

export class Rivals {
  private readonly doubts = new Doubt();
  private readonly handover = new Handover();

  constructor(
    private readonly random: () => number,
    private readonly emit: (effect: Effect) => void,
  ) {}

  /** Whether the one beside it is to take the session over, whatever the present one says. */
  get isNext(): boolean {
    return this.handover.hasNext;
  }

  /** Whether it was asked for the session: from then on nothing is sent to the present one. */
  get isGreeted(): boolean {
    return this.handover.isGreeted;
  }

  get isOpen(): boolean {
    return this.doubts.hasRival || this.handover.hasNext;
  }

  isSure(now: number): boolean {
    return this.doubts.isSure(now);
  }

  /** True: the present one is to be asked for a sign of life. */
  doubt(now: number): boolean {
    return this.doubts.begin(now, this.random());
  }

  goAway(now: number, deadlineMs: number): void {
    this.handover.begin(now, deadlineMs, this.random());
  }

  greeted(now: number): void {
    this.handover.greeted(now);
  }

  /** Opens and drops when it is time. True: the next one says nothing more. */
  tend(now: number, isLive: boolean): boolean {
    const moves = this.handover.hasNext || (isLive && !this.doubts.hasRival);
    const next = moves ? this.handover.due(now) : null;
    const due = next ?? (this.handover.hasNext ? null : this.doubts.due(now, this.random()));
    if (due !== null) this.emit({ type: due === "open" ? "open_rival" : "drop_rival" });
    return next === "drop";
  }

  /** It was lost or refused, and had not been asked for the session: another one comes later. */
  lose(now: number): void {
    if (this.handover.hasNext) this.handover.lose(now, this.random());
    else if (this.doubts.hasRival) this.doubts.lose(now, this.random());
  }

  /** It takes the place of the present one. */
  adopt(now: number): void {
    const code = this.handover.hasNext ? CLOSE_CODES.DRAINING : CLOSE_CODES.HEARTBEAT_LOST;
    this.emit({ type: "adopt_rival", code });
    this.handover.end();
    this.doubts.end(now, this.random());
  }

  /** The present one lives: no doubt is left. */
  heard(now: number): void {
    if (this.doubts.hasRival) this.emit({ type: "drop_rival" });
    this.doubts.end(now, this.random());
  }

  /** The present one is given up, and so is what is beside it. */
  drop(now: number): void {
    if (this.isOpen) this.emit({ type: "drop_rival" });
    this.handover.end();
    this.doubts.end(now, this.random());
  }
}
