/**
 * The client's half of `meet.v1` without sockets or clocks: input and the hour go in, effects come out.
 *
 *   waiting → connecting → greeting → live → (lost) → waiting → …        ended, once and for all
 *
 * With a session the greeting is `resume`, without one `identify`, which needs a ticket fetched over HTTP first.
 */
import type { CommandsData, EventFrame, Ready, Reset, Resumed, ServerFrame } from "../protocol";
import { CLOSE_ACTIONS, CLOSE_CODES } from "../protocol";
import type { ProblemError } from "../problem";
import { isPassing } from "../problem";
import { Doubt } from "./doubt";
import type { Effect, Ticket } from "./effects";
import { abandonment, endReasonOf, endReasonOfRefusal, settlement } from "./effects";
import { Liveness } from "./liveness";
import type { CommandType, Pending } from "./outbox";
import { asFrame, Outbox } from "./outbox";
import { Passport, VERSION } from "./passport";
import { LogPosition } from "./position";
import { reconnectDelayMs } from "./reconnect";

type State = "idle" | "ticket" | "waiting" | "connecting" | "greeting" | "live" | "ended";

const STABLE_MS = 5000;

export class SignalingMachine {
  private state: State = "idle";
  private attempt = 0;
  private dueAt = 0;
  private liveSince = 0;
  private pingNumber = 0;
  private goAwayAt = Infinity;
  private effects: Effect[] = [];
  private readonly outbox = new Outbox();
  private readonly position = new LogPosition();
  private readonly liveness = new Liveness();
  private readonly doubts = new Doubt();
  private readonly passport: Passport;

  /** `hasMedia` tells whether a media connection exists, for the resume frame. `random` is in [0, 1). */
  constructor(
    deviceId: string,
    private readonly random: () => number,
    private readonly hasMedia: () => boolean,
  ) {
    this.passport = new Passport(deviceId);
  }

  takeEffects(): Effect[] {
    return this.effects.splice(0);
  }

  start(ticket: Ticket, now: number): void {
    this.passport.take(ticket);
    this.connect(now);
  }

  /** Sends a command, now or once connected; null when too many wait already. */
  command<T extends CommandType>(type: T, data: CommandsData[T], now: number): number | null {
    const pending = this.outbox.add(type, data);
    if (pending !== null && this.state === "live") this.transmit(pending, now);
    return pending?.key ?? null;
  }

  tick(now: number): void {
    if (this.state === "waiting" && now >= this.dueAt) this.tryAgain(now);
    if (!this.hasSocket) return;
    if (this.liveness.judge(now, this.outbox.oldestSentAtMs) === "dead") this.abandon(CLOSE_CODES.HEARTBEAT_LOST, now);
    else if (now >= this.goAwayAt) this.abandon(CLOSE_CODES.DRAINING, now);
    else {
      if (this.liveness.takeBeat(now)) this.beat(now);
      this.tendRival(now);
    }
  }

  /** Nothing comes over another way to the server either: is the socket dead? Asking often is fine. */
  doubt(now: number): void {
    if (!this.hasSocket || !this.passport.hasSession) return;
    if (this.doubts.begin(now, this.random()) && this.state === "live") this.beat(now);
  }

  /** Whether what goes out now is heard, as far as anybody can tell. */
  isSure(now: number): boolean {
    return this.state === "live" && this.doubts.isSure(now);
  }

  /** The browser is online or visible again. */
  wake(now: number): void {
    if (this.state === "waiting") this.tryAgain(now);
    if (this.state !== "live") return;
    this.liveness.probe(now);
    this.tick(now);
  }

  /** The person leaves: said once, then nothing more is sent. */
  leave(): void {
    if (this.hasSocket) this.effects.push({ type: "send", frame: { f: "bye", code: "left" } });
    this.end({ type: "ended", reason: "left", problem: null });
  }

  ticketFetched(ticket: Ticket, now: number): void {
    if (this.state !== "ticket") return;
    this.passport.take(ticket);
    this.connect(now);
  }

  ticketRefused(problem: ProblemError, now: number): void {
    if (this.state !== "ticket") return;
    if (isPassing(problem)) this.wait(now, (problem.retryAfterS ?? 0) * 1000);
    else this.end({ type: "ended", reason: endReasonOfRefusal(problem), problem });
  }

  socketClosed(code: number, now: number): void {
    if (!this.hasSocket) return;
    this.connectionLost(now);
    const action = CLOSE_ACTIONS[code] ?? "resume";
    if (action === "stop") this.end({ type: "ended", reason: endReasonOf(code), problem: null });
    else {
      if (action === "identify") this.passport.loseSession();
      this.wait(now);
    }
  }

  /** The rival says hello: it takes the place of the socket that said nothing. */
  rivalFrame(frame: ServerFrame, now: number): void {
    if (!this.doubts.hasRival || frame.f !== "hello") return;
    this.effects.push({ type: "adopt_rival", code: CLOSE_CODES.HEARTBEAT_LOST });
    this.doubts.end(now, this.random());
    this.connectionLost(now);
    this.begin(now);
    this.frame(frame, now);
  }

  rivalClosed(now: number): void {
    if (this.doubts.hasRival) this.doubts.lose(now, this.random());
  }

  frame(frame: ServerFrame, now: number): void {
    if (!this.hasSocket) return;
    this.liveness.heard(now);
    this.endDoubt(now);
    switch (frame.f) {
      case "hello":
        this.liveness.configure(frame.hb_ms, frame.dead_ms);
        this.greet(frame.v);
        return;
      case "ready":
        this.onReady(frame, now);
        return;
      case "resumed":
        this.onResumed(frame, now);
        return;
      case "reset":
        this.onReset(frame, now);
        return;
      case "ev":
        this.onEvent(frame, now);
        return;
      case "ack":
        for (const pending of this.outbox.takeUpTo(frame.cid)) this.effects.push(settlement(pending, frame));
        return;
      case "ping":
        this.effects.push({ type: "send", frame: { f: "pong", n: frame.n, t: frame.t } });
        return;
      case "pong":
        if (this.position.hearTops(frame)) this.abandon(CLOSE_CODES.GAP, now);
        return;
      case "goaway":
        this.goAwayAt = now + this.random() * 0.8 * frame.deadline_ms;
        return;
      case "bye":
        return;
    }
  }

  private get hasSocket(): boolean {
    return this.state === "connecting" || this.state === "greeting" || this.state === "live";
  }

  private connect(now: number): void {
    this.effects.push({ type: "connect", url: this.passport.signalingUrl });
    this.begin(now);
  }

  private begin(now: number): void {
    this.state = "connecting";
    this.goAwayAt = Infinity;
    this.liveness.start(now);
  }

  private tendRival(now: number): void {
    const due = this.doubts.due(now, this.random());
    if (due !== null) this.effects.push({ type: due === "open" ? "open_rival" : "drop_rival" });
  }

  /** The socket lives, or is gone: no rival is needed. */
  private endDoubt(now: number): void {
    this.dropRival();
    this.doubts.end(now, this.random());
  }

  private dropRival(): void {
    if (this.doubts.hasRival) this.effects.push({ type: "drop_rival" });
  }

  private greet(version: number): void {
    if (version !== VERSION) {
      this.end({ type: "ended", reason: "version", problem: null });
      return;
    }
    if (this.passport.isMissing) return;
    this.state = "greeting";
    this.effects.push({ type: "send", frame: this.passport.greeting(this.position, this.hasMedia()) });
  }

  private onReady(ready: Ready, now: number): void {
    const { done, dropped } = this.outbox.startOver(ready.prev_last_cid);
    this.passport.began(ready);
    this.position.reset(ready.epoch, ready.ro, ready.po);
    this.effects.push({ type: "snapshot", snapshot: ready.snapshot, fresh: true });
    for (const { key } of done) this.effects.push({ type: "settled", key, ok: true, result: null, problem: null });
    this.effects.push(...dropped.map(abandonment));
    this.goLive("rebuild", now);
  }

  private onResumed(resumed: Resumed, now: number): void {
    this.passport.renew(resumed.resume_token);
    this.outbox.continueFrom(resumed.last_cid);
    this.goLive(resumed.media, now);
  }

  private onReset(reset: Reset, now: number): void {
    this.passport.renew(reset.resume_token);
    this.position.reset(reset.epoch, reset.ro, reset.po);
    this.effects.push({ type: "snapshot", snapshot: reset.snapshot, fresh: false });
    this.outbox.continueFrom(reset.last_cid);
    this.goLive(reset.media, now);
  }

  private onEvent(event: EventFrame, now: number): void {
    if (this.state !== "live") return;
    const judgement = this.position.take(event);
    if (judgement === "gap") this.abandon(CLOSE_CODES.GAP, now);
    if (judgement === "apply") this.effects.push({ type: "event", event });
  }

  private goLive(media: Resumed["media"], now: number): void {
    this.state = "live";
    this.liveSince = now;
    this.liveness.beginBeats(now, this.random());
    this.effects.push({ type: "live", media });
    for (const pending of this.outbox.all) this.transmit(pending, now);
  }

  private transmit(pending: Pending, now: number): void {
    pending.sentAtMs = now;
    this.effects.push({ type: "send", frame: asFrame(pending) });
  }

  private beat(now: number): void {
    const { ro, po } = this.position;
    this.effects.push({ type: "send", frame: { f: "ping", n: ++this.pingNumber, t: now } });
    this.effects.push({ type: "send", frame: { f: "pos", ro, po } });
  }

  /** Gives the present socket up and opens another, at once when it was a good one. */
  private abandon(code: number, now: number): void {
    this.effects.push({ type: "close", code });
    this.connectionLost(now);
    this.wait(now);
  }

  private connectionLost(now: number): void {
    if (this.state === "live" && now - this.liveSince >= STABLE_MS) this.attempt = 0;
    this.outbox.connectionLost();
    this.position.connectionLost();
    this.endDoubt(now);
    this.effects.push({ type: "lost" });
  }

  private wait(now: number, leastMs = 0): void {
    this.state = "waiting";
    this.dueAt = now + Math.max(leastMs, reconnectDelayMs(this.attempt++, this.random()));
  }

  private tryAgain(now: number): void {
    if (this.passport.isMissing) {
      this.state = "ticket";
      this.effects.push({ type: "fetch_ticket" });
    } else this.connect(now);
  }

  private end(effect: Effect): void {
    if (this.state === "ended") return;
    if (this.hasSocket) this.effects.push({ type: "close", code: 1000 });
    this.dropRival(); // else its hello would begin all anew
    this.state = "ended";
    this.effects.push(...this.outbox.clear().map(abandonment), effect);
  }
}
