/** Runs the signaling machine on a real WebSocket, a timer and the browser's wake-up calls. */
import type { CommandsData, EventFrame, Resumed, ServerFrame, Snapshot } from "../protocol";
import { asProblem, ProblemError } from "../problem";
import type { EndReason, Problem } from "../types";
import type { Effect, Ticket } from "./effects";
import type { SignalingMachine } from "./machine";
import type { CommandType } from "./outbox";

export interface SignalingListener {
  /** `fresh`: a new session; else the old one goes on with the state replaced. */
  onSnapshot(snapshot: Snapshot, fresh: boolean): void;
  onEvent(event: EventFrame): void;
  onLive(media: Resumed["media"]): void;
  onLost(): void;
  onEnded(reason: EndReason, problem: Problem | null): void;
}

export interface SignalingClient {
  start(ticket: Ticket): void;
  /** Resolves with the answer's result, rejects with a ProblemError. */
  send<T extends CommandType>(type: T, data: CommandsData[T]): Promise<Record<string, unknown> | null>;
  /** The media path is silent: whether the socket is dead, too, is found out at once. */
  doubt(): void;
  /** Whether what is sent now is heard, as far as anybody can tell. */
  isSure(): boolean;
  /** Leaves for good. */
  leave(): void;
  /** Drops the socket without a word, as a network does: for tests and support. */
  dropConnection(): void;
}

const TICK_MS = 100;
const ABNORMAL_CLOSURE = 1006;

interface Waiting {
  resolve: (result: Record<string, unknown> | null) => void;
  reject: (problem: ProblemError) => void;
}

export function createSignalingClient(
  machine: SignalingMachine,
  listener: SignalingListener,
  fetchTicket: () => Promise<Ticket>,
): SignalingClient {
  const waiting = new Map<number, Waiting>();
  let socket: WebSocket | null = null;
  let rival: WebSocket | null = null;
  let url = "";
  let performing = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  const now = (): number => performance.now();
  const wake = (): void => {
    if (document.visibilityState === "visible") run(() => machine.wake(now()));
  };

  /** A listener may give input while effects are performed: what comes of it waits its turn. */
  function run(input: () => void): void {
    input();
    if (performing) return;
    performing = true;
    for (let effects = machine.takeEffects(); effects.length > 0; effects = machine.takeEffects()) effects.forEach(perform);
    performing = false;
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        url = effect.url ?? url;
        socket = open(url);
        return;
      case "send":
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(effect.frame));
        return;
      case "close":
        socket?.close(effect.code);
        socket = null;
        return;
      case "open_rival":
        rival = open(url);
        return;
      case "send_rival":
        if (rival?.readyState === WebSocket.OPEN) rival.send(JSON.stringify(effect.frame));
        return;
      case "drop_rival":
        rival?.close();
        rival = null;
        return;
      case "adopt_rival":
        socket?.close(effect.code);
        socket = rival;
        rival = null;
        return;
      case "fetch_ticket":
        fetchTicket().then(
          (ticket) => run(() => machine.ticketFetched(ticket, now())),
          (error: unknown) => run(() => machine.ticketRefused(asProblem(error), now())),
        );
        return;
      case "snapshot":
        listener.onSnapshot(effect.snapshot, effect.fresh);
        return;
      case "event":
        listener.onEvent(effect.event);
        return;
      case "settled":
        settle(effect);
        return;
      case "live":
        listener.onLive(effect.media);
        return;
      case "lost":
        listener.onLost();
        return;
      case "ended":
        stop();
        listener.onEnded(effect.reason, effect.problem);
        return;
    }
  }

  /** What a socket that was given up still says is not heard. */
  function open(path: string): WebSocket {
    const opened = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    opened.onmessage = (message: MessageEvent<string>) => {
      const frame = JSON.parse(message.data) as ServerFrame;
      if (opened === socket) run(() => machine.frame(frame, now()));
      else if (opened === rival) run(() => machine.rivalFrame(frame, now()));
    };
    opened.onclose = (closed) => {
      if (opened === socket) run(() => machine.socketClosed(closed.code, now()));
      else if (opened === rival) run(() => machine.rivalClosed(now()));
    };
    return opened;
  }

  function settle({ key, ok, result, problem }: Extract<Effect, { type: "settled" }>): void {
    const command = waiting.get(key);
    waiting.delete(key);
    if (ok) command?.resolve(result);
    else command?.reject(problem ?? new ProblemError({ code: "internal" }));
  }

  function stop(): void {
    clearInterval(timer);
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
  }

  return {
    start(ticket) {
      timer = setInterval(() => run(() => machine.tick(now())), TICK_MS);
      window.addEventListener("online", wake);
      document.addEventListener("visibilitychange", wake);
      run(() => machine.start(ticket, now()));
    },
    send(type, data) {
      return new Promise((resolve, reject) => {
        run(() => {
          const key = machine.command(type, data, now());
          if (key === null) reject(new ProblemError({ code: "outbox_full", detail: `${type}: too many commands wait` }));
          else waiting.set(key, { resolve, reject });
        });
      });
    },
    doubt: () => run(() => machine.doubt(now())),
    isSure: () => machine.isSure(now()),
    leave: () => run(() => machine.leave()),
    dropConnection() {
      const dropped = socket;
      socket = null;
      dropped?.close();
      run(() => machine.socketClosed(ABNORMAL_CLOSURE, now()));
    },
  };
}
