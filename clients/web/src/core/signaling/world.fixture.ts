/** A client, a server, and a network between them that delays, drops and hangs, all in virtual time. */
import type { ServerFrame } from "../protocol";
import type { RoomState } from "../room/state";
import { applyEvent, applySnapshot, EMPTY_ROOM, roomEvent } from "../room/state";
import type { EndReason } from "../types";
import type { Effect } from "./effects";
import { SignalingMachine } from "./machine";
import { FakeServer } from "./server.fixture";

interface Delivery {
  at: number;
  socket: number;
  deliver: () => void;
}

const STEP_MS = 50;

export class World {
  now = 0;
  readonly server = new FakeServer();
  readonly machine: SignalingMachine;
  room: RoomState = EMPTY_ROOM;
  live = false;
  ended: EndReason | null = null;
  /** Outcome of each command by its key. */
  readonly settled = new Map<number, boolean>();
  readonly closedWith: number[] = [];
  snapshots = 0;
  /** While true nothing arrives: all waits, as TCP does. */
  hanging = false;
  /** While true no socket opens. */
  offline = false;
  private socket = 0;
  private open = false;
  private queue: Delivery[] = [];
  private latest = { up: 0, down: 0 };

  constructor(private readonly random: () => number) {
    this.machine = new SignalingMachine("device", random, () => false);
  }

  start(): void {
    this.machine.start(this.ticket(), this.now);
    this.perform();
  }

  send(body: string): number {
    const key = this.machine.command("chat.send", { body }, this.now);
    this.perform();
    if (key === null) throw new Error("the outbox is full");
    return key;
  }

  update(hand: boolean): void {
    this.machine.command("self.update", { hand }, this.now);
    this.perform();
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) this.step();
  }

  step(): void {
    this.now += STEP_MS;
    const due = this.hanging ? [] : this.queue.filter(({ at }) => at <= this.now);
    this.queue = this.queue.filter((delivery) => !due.includes(delivery));
    for (const { socket, deliver } of due) {
      if (socket === this.socket) deliver();
      this.perform();
    }
    this.machine.tick(this.now);
    this.perform();
  }

  /** The connection breaks: what is on its way is lost. */
  cut(code = 1006): void {
    if (!this.open) return;
    this.forgetSocket();
    this.machine.socketClosed(code, this.now);
    this.perform();
  }

  private forgetSocket(): void {
    this.open = false;
    this.socket++;
    this.server.detach();
  }

  perform(): void {
    for (const effect of this.machine.takeEffects()) this.apply(effect);
  }

  private apply(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        this.connect();
        return;
      case "send":
        if (this.open) this.deliver("up", () => this.server.hear(effect.frame));
        return;
      case "close":
        this.closedWith.push(effect.code);
        this.forgetSocket();
        return;
      case "fetch_ticket":
        this.machine.ticketFetched(this.ticket(), this.now);
        this.perform();
        return;
      case "snapshot":
        this.snapshots++;
        this.room = applySnapshot(this.room, effect.snapshot);
        return;
      case "event":
        this.room = applyEvent(this.room, roomEvent(effect.event));
        return;
      case "settled":
        if (this.settled.has(effect.key)) throw new Error(`command ${effect.key} was settled twice`);
        this.settled.set(effect.key, effect.ok);
        return;
      case "live":
        this.live = true;
        return;
      case "lost":
        this.live = false;
        return;
      case "ended":
        this.ended = effect.reason;
        return;
    }
  }

  private connect(): void {
    this.forgetSocket();
    const socket = this.socket;
    this.open = true;
    if (this.offline) {
      this.queue.push({ at: this.now + STEP_MS, socket, deliver: () => this.cut() });
      return;
    }
    const say = (frame: ServerFrame): void => this.deliver("down", () => this.machine.frame(frame, this.now));
    this.deliver("up", () => this.server.attach(say, (code) => this.deliver("down", () => this.cut(code))));
  }

  /** In order each way, 10 to 200 ms late. */
  private deliver(way: "up" | "down", deliver: () => void): void {
    this.latest[way] = Math.max(this.latest[way], this.now + 10 + this.random() * 190);
    this.queue.push({ at: this.latest[way], socket: this.socket, deliver });
  }

  private ticket() {
    return { ticket: this.server.issueTicket(), meetingId: "m", signalingUrl: "/ws/signaling" };
  }
}
