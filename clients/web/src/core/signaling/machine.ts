/**
 * The client's half of `meet.v1` without sockets or clocks: input and the hour go in, effects come out.
 *
 *   waiting → connecting → greeting → live → (lost) → waiting → …        ended, once and for all
 *                                      ↳ moving → live: the server goes away, and another one was told who is here
 *
 * With a session the greeting is `resume`, without one `identify`, which needs a ticket fetched over HTTP first.
 */
import type { CommandsData, EventFrame, Ready, Reset, Resumed, ServerFrame } from "../protocol";
import { CLOSE_ACTIONS, CLOSE_CODES } from "../protocol";
import type { ProblemError } from "../problem";
import { isPassing } from "../problem";
import type { Effect, Ticket } from "./effects";
import { abandonment, confirmation, endReasonOf, endReasonOfRefusal, settlement } from "./effects";
import { Liveness } from "./liveness";
import type { CommandType, Pending } from "./outbox";
import { asFrame, Outbox } from "./outbox";
import { Passport, VERSION } from "./passport";
import { LogPosition } from "./position";
import type { Ending } from "./reconnect";
import { countFailures, judgeEnding, pauseMs } from "./reconnect";
import { Rivals } from "./rivals";

type State = "idle" | "ticket" | "waiting" | "connecting" | "greeting" | "live" | "moving" | "ended";

const ABNORMAL_CLOSURE = 1006;

export class SignalingMachine {
  private state: State = "idle";
  private failures = 0;
  private dueAt = 0;
  private liveSince = 0;
  private pingNumber = 0;
  private effects: Effect[] = [];
  private readonly outbox = new Outbox();
  private readonly position = new LogPosition();
  private readonly liveness = new Liveness();
  private readonly rivals: Rivals;
  private readonly passport: Passport;

  /** `hasMedia` tells whether a media connection exists, for the resume frame. `random` is in [0, 1). */
  constructor(
    deviceId: string,
    private readonly random: () => number,
    private readonly hasMedia: () => boolean,
  ) {
    this.passport = new Passport(deviceId);
    this.rivals = new Rivals(random, (effect) => this.effects.push(effect));
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
    else {
      if (this.state !== "moving" && this.liveness.takeBeat(now)) this.beat(now);
      if (this.rivals.tend(now, this.state === "live")) this.rivalClosed(now);
    }
  }

  /** Nothing comes over another way to the server either: is the socket dead? Asking often is fine. */
  doubt(now: number): void {
    if (!this.hasSocket || !this.passport.hasSession) return;
    if (this.rivals.doubt(now) && this.state === "live") this.beat(now);
  }

  /** Whether what goes out now is heard, as far as anybody can tell. */
  isSure(now: number): boolean {
    return this.state === "live" && this.rivals.isSure(now);
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
    if (this.state === "ticket") this.start(ticket, now);
  }

  ticketRefused(problem: ProblemError, now: number): void {
    if (this.state !== "ticket") return;
    if (isPassing(problem)) this.wait(now, "turned_away", (problem.retryAfterS ?? 0) * 1000);
    else this.end({ type: "ended", reason: endReasonOfRefusal(problem), problem });
  }

  socketClosed(code: number, now: number): void {
    if (!this.hasSocket) return;
    const action = CLOSE_ACTIONS[code] ?? "resume";
    if (this.rivals.isNext && (action !== "stop" || code === CLOSE_CODES.REPLACED)) {
      this.goOnWithRival(now);
      return;
    }
    const ending = this.ending(code !== ABNORMAL_CLOSURE, now);
    this.connectionLost(now);
    if (action === "stop") this.end({ type: "ended", reason: endReasonOf(code), problem: null });
    else {
      if (action === "identify") this.passport.loseSession();
      this.wait(now, ending);
    }
  }

  /** Something comes on the socket beside the present one. */
  rivalFrame(frame: ServerFrame, now: number): void {
    if (this.rivals.isNext && frame.f === "hello") {
      this.rivals.greeted(now);
      this.state = "moving";
      this.effects.push({ type: "send_rival", frame: this.passport.greeting(this.position, this.hasMedia()) });
    } else if (this.rivals.isGreeted || (this.rivals.isOpen && frame.f === "hello")) {
      this.goOnWithRival(now);
      this.frame(frame, now);
    }
  }

  rivalClosed(now: number): void {
    // Where the session is, when it was on its way, only the next socket tells.
    if (this.rivals.isGreeted) this.abandon(CLOSE_CODES.DRAINING, now);
    else this.rivals.lose(now);
  }

  frame(frame: ServerFrame, now: number): void {
    if (!this.hasSocket) return;
    this.liveness.heard(now);
    this.rivals.heard(now);
    // Of a former socket only what happens in the room counts: the rest is said again on the next one.
    if (this.state === "moving" && frame.f !== "ev" && frame.f !== "ack") return;
    switch (frame.f) {
      case "hello":
        this.liveness.configure(frame.hb_ms, frame.dead_ms);
        this.greet(frame.v);
        return;
      case "ready":
        this.onReady(frame, now);
        return;
      case "resumed":
      case "reset":
        this.onResumed(frame, now);
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
        this.rivals.goAway(now, frame.deadline_ms);
        return;
      case "bye":
        return;
    }
  }

  private get hasSocket(): boolean {
    return this.state === "connecting" || this.state === "greeting" || this.state === "live" || this.state === "moving";
  }

  private connect(now: number): void {
    this.effects.push({ type: "connect", url: this.passport.signalingUrl });
    this.begin(now);
  }

  private begin(now: number, state: State = "connecting"): void {
    this.state = state;
    this.liveness.start(now);
  }

  /** Its session is on the way already, or it brings one as after any loss. */
  private goOnWithRival(now: number): void {
    const { isGreeted } = this.rivals;
    this.rivals.adopt(now);
    if (isGreeted) this.forgetConnection();
    else this.connectionLost(now);
    this.begin(now, isGreeted ? "greeting" : "connecting");
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
    this.effects.push(...done.map(confirmation), ...dropped.map(abandonment));
    this.goLive("rebuild", now);
  }

  private onResumed(frame: Resumed | Reset, now: number): void {
    this.passport.renew(frame.resume_token);
    if (frame.f === "reset") {
      this.position.reset(frame.epoch, frame.ro, frame.po);
      this.effects.push({ type: "snapshot", snapshot: frame.snapshot, fresh: false });
    }
    this.outbox.continueFrom(frame.last_cid);
    this.goLive(frame.media, now);
  }

  private onEvent(event: EventFrame, now: number): void {
    if (this.state !== "live" && this.state !== "moving") return;
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
    const ending = this.ending(this.state === "live", now);
    this.effects.push({ type: "close", code });
    this.connectionLost(now);
    this.wait(now, ending);
  }

  private ending(isClosed: boolean, now: number): Ending {
    return judgeEnding(this.state !== "connecting", this.state === "live" ? now - this.liveSince : null, isClosed);
  }

  private connectionLost(now: number): void {
    this.rivals.drop(now);
    this.forgetConnection();
    this.effects.push({ type: "lost" });
  }

  private forgetConnection(): void {
    this.outbox.connectionLost();
    this.position.connectionLost();
  }

  private wait(now: number, ending: Ending, leastMs = 0): void {
    this.state = "waiting";
    this.failures = countFailures(this.failures, ending);
    this.dueAt = now + Math.max(leastMs, pauseMs(this.failures, this.random()));
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
    if (this.rivals.isOpen) this.effects.push({ type: "drop_rival" }); // else its hello would begin all anew
    this.state = "ended";
    this.effects.push(...this.outbox.clear().map(abandonment), effect);
  }
}
