/** Single situations of the protocol, in virtual time. */
import { beforeEach, describe, expect, it } from "vitest";

import { ProblemError } from "../problem";
import type { EventFrame, ServerFrame, Snapshot } from "../protocol";
import { CLOSE_CODES } from "../protocol";
import type { Effect } from "./effects";
import { SignalingMachine } from "./machine";
import { World } from "./world.fixture";
import { OPTIONS } from "../room/options.fixture";

const TICKET = { ticket: "first-ticket-0000", meetingId: "m", signalingUrl: "/ws/signaling" };
const HELLO: ServerFrame = { f: "hello", v: 1, hb_ms: 5000, dead_ms: 15_000, max_frame: 262_144, server_time: "" };
const SNAPSHOT: Snapshot = {
  meeting: { meeting_id: "m", meeting_no: "1", title: "", host_name: "", locked: false, started_at: "", options: OPTIONS, frozen: false },
  participant_id: "me", role: "host", participants: [], messages: [], slots: [], private_messages: [], polls: [], may_unmute: [],
};

let machine: SignalingMachine;

beforeEach(() => {
  machine = new SignalingMachine("device", () => 0.5, () => true);
});

function ready(changes: { prev_last_cid?: number; ro?: number } = {}): ServerFrame {
  const place = { epoch: "e1", ro: 10, po: 0, snapshot: SNAPSHOT, prev_last_cid: 0, ...changes };
  return { f: "ready", sid: "s1", resume_token: "token-1", gen: 1, pid: "me", ...place };
}

function event(off: number, epoch = "e1"): EventFrame {
  return { f: "ev", st: "r", off, ep: epoch, t: "meeting.locked", ts: "", d: { locked: true } };
}

function goLive(now = 0): Effect[] {
  machine.start(TICKET, now);
  machine.frame(HELLO, now);
  machine.frame(ready(), now);
  return machine.takeEffects();
}

function kinds(): string[] {
  return machine.takeEffects().map((effect) => (effect.type === "send" ? effect.frame.f : effect.type));
}

/** Reconnects after a loss and returns the first frame sent. */
function greeting(now: number) {
  machine.tick(now);
  machine.frame(HELLO, now);
  return machine.takeEffects().find((effect) => effect.type === "send")?.frame;
}

describe("joining", () => {
  it("identifies with the ticket once the server said hello, and takes the snapshot", () => {
    const effects = goLive();
    expect(effects.map(({ type }) => type)).toEqual(["connect", "send", "snapshot", "live"]);
    expect(effects[1]).toMatchObject({ frame: { f: "identify", ticket: TICKET.ticket, device_id: "device" } });
  });

  it("sends commands given before only after ready, in order", () => {
    machine.command("chat.send", { body: "early" }, 0);
    machine.command("self.update", { hand: true }, 0);
    const sent = goLive().flatMap((effect) => (effect.type === "send" ? [effect.frame] : []));
    expect(sent.slice(1)).toMatchObject([{ cid: 1, t: "chat.send" }, { cid: 2, t: "self.update" }]);
  });

  it("fetches a fresh ticket when the first one expired", () => {
    machine.start(TICKET, 0);
    machine.frame(HELLO, 0);
    machine.socketClosed(CLOSE_CODES.EXPIRED, 0);
    machine.takeEffects();
    machine.tick(1000);
    expect(kinds()).toEqual(["fetch_ticket"]);
  });

  it("is over when joining again is refused, and tries again when the server is only busy", () => {
    machine.start(TICKET, 0);
    machine.frame(HELLO, 0);
    machine.socketClosed(CLOSE_CODES.EXPIRED, 0);
    machine.tick(1000);
    machine.ticketRefused(new ProblemError({ code: "unavailable", status: 503 }), 1000);
    machine.takeEffects();
    machine.tick(20_000);
    expect(kinds()).toEqual(["fetch_ticket"]);
    machine.ticketRefused(new ProblemError({ code: "meeting_ended", status: 409 }), 20_000);
    expect(machine.takeEffects()).toMatchObject([{ type: "ended", reason: "ended" }]);
  });

  it("refuses a server that speaks another version", () => {
    machine.start(TICKET, 0);
    machine.frame({ ...HELLO, v: 2 as 1 }, 0);
    expect(machine.takeEffects().at(-1)).toMatchObject({ type: "ended", reason: "version" });
  });
});

describe("events", () => {
  it("are applied when they are next, dropped when they are known", () => {
    goLive();
    machine.frame(event(11), 0);
    machine.frame(event(11), 0);
    machine.frame(event(12), 0);
    expect(kinds()).toEqual(["event", "event"]);
  });

  it("with a gap close the socket, and the session resumes from before it", () => {
    goLive();
    machine.frame(event(11), 0);
    machine.frame(event(13), 0);
    expect(machine.takeEffects()).toMatchObject([{ type: "event" }, { type: "close", code: 4012 }, { type: "lost" }]);
    expect(greeting(1000)).toMatchObject({ f: "resume", sid: "s1", resume_token: "token-1", ro: 11, media: true });
  });

  it("is resumed with a higher number by each socket, so that a late one can be told", () => {
    goLive();
    machine.socketClosed(1006, 0);
    expect(greeting(1000)).toMatchObject({ f: "resume", attempt: 1 });
    machine.socketClosed(1006, 1000);
    expect(greeting(9000)).toMatchObject({ f: "resume", attempt: 2 });
  });

  it("of another epoch count as a gap", () => {
    goLive();
    machine.frame(event(11, "e2"), 0);
    expect(machine.takeEffects()).toMatchObject([{ type: "close", code: 4012 }, { type: "lost" }]);
  });

  it("that never came are noticed by the second pong", () => {
    goLive();
    machine.frame({ f: "pong", n: 1, t: 0, top_ro: 11, top_po: 0 }, 0);
    expect(kinds()).toEqual([]); // it may still be on its way
    machine.frame({ f: "pong", n: 2, t: 0, top_ro: 11, top_po: 0 }, 5000);
    expect(machine.takeEffects()[0]).toMatchObject({ type: "close", code: 4012 });
  });

  it("are replaced by the snapshot of a reset", () => {
    goLive();
    machine.socketClosed(1006, 0);
    greeting(1000);
    const place = { epoch: "e2", ro: 3, po: 0, snapshot: SNAPSHOT, last_cid: 0 };
    machine.frame({ f: "reset", reason: "epoch", resume_token: "token-2", gen: 2, media: "rebuild", ...place }, 1000);
    expect(machine.takeEffects()).toMatchObject([{ type: "snapshot", fresh: false }, { type: "live", media: "rebuild" }]);
    machine.frame(event(4, "e2"), 1000);
    expect(kinds()).toEqual(["event"]);
  });
});

describe("commands", () => {
  it("are sent again after resuming, with the same number", () => {
    goLive();
    machine.command("chat.send", { body: "x" }, 0);
    machine.socketClosed(1006, 0);
    greeting(1000);
    machine.frame({ f: "resumed", resume_token: "token-2", gen: 2, last_cid: 0, replayed: 0, media: "keep" }, 1000);
    expect(machine.takeEffects().at(-1)).toMatchObject({ type: "send", frame: { f: "cmd", cid: 1 } });
  });

  it("go on from where the server stands when it lost its memory", () => {
    goLive();
    for (const body of ["a", "b"]) machine.command("chat.send", { body }, 0);
    machine.frame({ f: "ack", cid: 2, ok: true }, 0);
    machine.command("chat.send", { body: "c" }, 0);
    machine.socketClosed(1006, 0);
    greeting(1000);
    machine.frame({ f: "resumed", resume_token: "token-2", gen: 2, last_cid: 0, replayed: 0, media: "keep" }, 1000);
    expect(machine.takeEffects().at(-1)).toMatchObject({ frame: { cid: 1, d: { body: "c" } } });
  });

  it("without an answer for six seconds mean that the connection is dead", () => {
    goLive();
    machine.command("chat.send", { body: "x" }, 0);
    machine.frame(event(11), 5000); // something is heard, the answer is not
    for (let now = 250; now <= 6000; now += 250) machine.tick(now);
    expect(machine.takeEffects()).toContainEqual({ type: "close", code: 4010 });
  });

  it("beyond 256 are not taken", () => {
    for (let count = 0; count < 256; count++) expect(machine.command("chat.send", { body: "x" }, 0)).not.toBeNull();
    expect(machine.command("chat.send", { body: "x" }, 0)).toBeNull();
  });

  it("that took effect in a lost session are not sent again in the next", () => {
    goLive();
    machine.command("chat.send", { body: "done" }, 0);
    machine.command("media.layout", { slots: [] }, 0);
    machine.command("chat.send", { body: "not done" }, 0);
    machine.socketClosed(CLOSE_CODES.UNKNOWN_SESSION, 0);
    machine.tick(1000);
    machine.ticketFetched({ ...TICKET, ticket: "second-ticket-000" }, 1000);
    machine.frame(HELLO, 1000);
    expect(machine.takeEffects().at(-1)).toMatchObject({ frame: { f: "identify", prev_sid: "s1" } });
    machine.frame(ready({ prev_last_cid: 1 }), 1000);
    const effects = machine.takeEffects();
    expect(effects.filter(({ type }) => type === "settled")).toMatchObject([{ key: 1, ok: true }, { key: 2, ok: false }]);
    expect(effects.filter(({ type }) => type === "send")).toMatchObject([{ frame: { cid: 1, d: { body: "not done" } } }]);
  });
});

describe("a connection", () => {
  it("that is silent is given up within fifteen seconds, also where a hidden page looks once a second", () => {
    goLive();
    for (let now = 900; now <= 13_900; now += 1000) machine.tick(now);
    expect(kinds()).not.toContain("close");
    machine.tick(14_900);
    expect(machine.takeEffects()).toContainEqual({ type: "close", code: 4010 });
  });

  it("is asked for a sign of life, not given up, when the page slept", () => {
    goLive();
    machine.tick(250);
    machine.takeEffects();
    machine.tick(3_600_000);
    machine.tick(3_600_250);
    expect(kinds()).toEqual(["ping", "pos"]);
    for (let now = 3_600_500; now <= 3_603_250; now += 250) machine.tick(now);
    expect(machine.takeEffects()).toContainEqual({ type: "close", code: 4010 });
  });

  it("is opened at once when the browser is online again", () => {
    goLive();
    for (let loss = 0; loss < 5; loss++) {
      machine.socketClosed(1006, loss);
      machine.wake(loss);
      expect(kinds().at(-1)).toBe("connect");
    }
  });

  it.each([
    [CLOSE_CODES.REPLACED, "replaced"],
    [CLOSE_CODES.KICKED, "removed"],
    [CLOSE_CODES.MEETING_ENDED, "ended"],
    [CLOSE_CODES.VERSION, "version"],
    [CLOSE_CODES.LOGGED_OUT, "loggedOut"],
  ])("closed with %i is not opened again: %s", (code, reason) => {
    goLive();
    machine.command("chat.send", { body: "x" }, 0);
    machine.socketClosed(code, 0);
    expect(machine.takeEffects().at(-1)).toMatchObject({ type: "ended", reason });
    machine.tick(60_000);
    machine.wake(60_000);
    expect(kinds()).toEqual([]);
  });

  it("says bye when the person leaves", () => {
    goLive();
    machine.leave();
    expect(kinds()).toEqual(["bye", "close", "ended"]);
  });
});

describe("over minutes", () => {
  it("an outage of nine minutes loses no message", () => {
    const world = new World(() => 0.5);
    world.start();
    world.run(2000);
    world.offline = true;
    world.cut();
    world.send("written in the dark");
    world.server.say("meanwhile");
    world.run(540_000);
    world.offline = false;
    world.run(20_000);
    expect(world.room.messages.map(({ body }) => body)).toEqual(["meanwhile", "written in the dark"]);
  });
});
