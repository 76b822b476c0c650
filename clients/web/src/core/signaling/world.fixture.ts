/** A client, a server, and a network between them that delays, drops and hangs, all in virtual time. */
import type { ClientFrame, ServerFrame } from "../protocol";
import type { RoomState } from "../room/state";
import { applyEvent, applySnapshot, EMPTY_ROOM, roomEvent } from "../room/state";
import type { EndReason } from "../types";
import type { Effect } from "./effects";
import { SignalingMachine } from "./machine";
import type { Connection } from "./server.fixture";
import { FakeServer } from "./server.fixture";

interface Socket {
  /** The server's end, once it heard of it. */
  connection: Connection | null;
  /** Its network is gone: nothing comes or goes, and nobody says so. */
  isStranded: boolean;
  latest: { up: number; down: number };
}

interface Delivery {
  at: number;
  socket: Socket;
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
  /** How often the person was shown that the connection is lost. */
  losses = 0;
  /** While true nothing arrives: all waits, as TCP does. */
  hanging = false;
  /** While true no socket opens. */
  offline = false;
  /** Sockets that were opened, ever. */
  sockets = 0;
  private socket: Socket | null = null;
  private rival: Socket | null = null;
  private queue: Delivery[] = [];

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
      if (this.isOpen(socket)) deliver();
      this.perform();
    }
    this.machine.tick(this.now);
    this.perform();
  }

  /** The connection breaks: what is on its way is lost. */
  cut(code = 1006): void {
    if (this.socket !== null) this.closed(this.socket, code);
  }

  /** The same of the socket beside the present one. */
  cutRival(): void {
    if (this.rival !== null) this.closed(this.rival, 1006);
  }

  /** The client's address changes: its sockets are dead, and it is not told. New ones work. */
  strand(): void {
    for (const socket of [this.socket, this.rival]) if (socket !== null) socket.isStranded = true;
  }

  /** What the media link does as long as its path is silent. */
  doubt(): void {
    this.machine.doubt(this.now);
    this.perform();
  }

  private closed(socket: Socket, code: number): void {
    this.forget(socket);
    if (socket === this.socket) {
      this.socket = null;
      this.machine.socketClosed(code, this.now);
    } else if (socket === this.rival) {
      this.rival = null;
      this.machine.rivalClosed(this.now);
    }
    this.perform();
  }

  private forget(socket: Socket | null): void {
    if (socket?.connection != null && !socket.isStranded) this.server.detach(socket.connection);
  }

  private isOpen(socket: Socket): boolean {
    return !socket.isStranded && (socket === this.socket || socket === this.rival);
  }

  perform(): void {
    for (const effect of this.machine.takeEffects()) this.apply(effect);
  }

  private apply(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        this.socket = this.open();
        return;
      case "send":
        this.sendUp(effect.frame, this.socket);
        return;
      case "close":
        this.closedWith.push(effect.code);
        this.forget(this.socket);
        this.socket = null;
        return;
      case "open_rival":
        this.rival = this.open();
        return;
      case "send_rival":
        this.sendUp(effect.frame, this.rival);
        return;
      case "drop_rival":
        this.forget(this.rival);
        this.rival = null;
        return;
      case "adopt_rival":
        this.closedWith.push(effect.code);
        this.forget(this.socket);
        this.socket = this.rival;
        this.rival = null;
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
        this.losses++;
        return;
      case "ended":
        this.ended = effect.reason;
        return;
    }
  }

  private open(): Socket {
    this.sockets++;
    const socket: Socket = { connection: null, isStranded: false, latest: { up: 0, down: 0 } };
    if (this.offline) this.queue.push({ at: this.now + STEP_MS, socket, deliver: () => this.closed(socket, 1006) });
    else this.deliver(socket, "up", () => this.arrive(socket));
    return socket;
  }

  private arrive(socket: Socket): void {
    const hear = (frame: ServerFrame): void => {
      if (socket === this.socket) this.machine.frame(frame, this.now);
      else this.machine.rivalFrame(frame, this.now);
    };
    socket.connection = this.server.attach(
      (frame) => this.deliver(socket, "down", () => hear(frame)),
      (code) => this.deliver(socket, "down", () => this.closed(socket, code)),
    );
  }

  private sendUp(frame: ClientFrame, socket: Socket | null): void {
    if (socket === null) return;
    this.deliver(socket, "up", () => {
      if (socket.connection !== null) this.server.hear(frame, socket.connection);
    });
  }

  /** In order each way, 10 to 200 ms late. */
  private deliver(socket: Socket, way: "up" | "down", deliver: () => void): void {
    socket.latest[way] = Math.max(socket.latest[way], this.now + 10 + this.random() * 190);
    this.queue.push({ at: socket.latest[way], socket, deliver });
  }

  private ticket() {
    return { ticket: this.server.issueTicket(), meetingId: "m", signalingUrl: "/ws/signaling" };
  }
}
