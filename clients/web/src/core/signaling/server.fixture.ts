/** A small server of `meet.v1` in virtual time: one room, one log, sessions that outlive their sockets. */
import type { Ack, ClientFrame, Command, EventFrame, Identify, Resume, ServerFrame, Snapshot } from "../protocol";
import { CLOSE_CODES, COMMANDS } from "../protocol";
import { OPTIONS } from "../room/options.fixture";

interface FakeSession {
  tokens: string[];
  lastCid: number;
  acks: Map<number, Ack>;
}

type Say = (frame: ServerFrame) => void;
type Close = (code: number) => void;

/** The server's end of a socket. */
export interface Connection {
  sid: string | null;
  say: Say;
  close: Close;
}

export class FakeServer {
  /** Bodies of all chat messages that took effect, in order. */
  readonly chat: string[] = [];
  /** What the commands of class S said last. */
  readonly updates: string[] = [];
  private epoch = 1;
  private log: EventFrame[] = [];
  private trimmed = 0;
  private sessions = new Map<string, FakeSession>();
  /** Rows of the database: what a forgotten session did last. */
  private durable = new Map<string, number>();
  private issued = 0;
  private tickets = new Set<string>();
  /** Of several sockets of one client the last that brought its session has it. */
  private owner: Connection | null = null;
  private leaving: Connection | null = null;

  issueTicket(): string {
    const ticket = `ticket-number-${++this.issued}`;
    this.tickets.add(ticket);
    return ticket;
  }

  attach(say: Say, close: Close): Connection {
    say({ f: "hello", v: 1, hb_ms: 5000, dead_ms: 15_000, max_frame: 262_144, server_time: "" });
    return { sid: null, say, close };
  }

  detach(connection: Connection): void {
    if (this.owner === connection) this.owner = null;
  }

  hear(frame: ClientFrame, from: Connection): void {
    switch (frame.f) {
      case "identify":
        this.identify(frame, from);
        return;
      case "resume":
        this.resume(frame, from);
        return;
      case "cmd":
        this.command(frame, from);
        return;
      case "ping":
        from.say({ f: "pong", n: frame.n, t: frame.t, top_ro: this.log.length, top_po: 0 });
        return;
      default:
    }
  }

  /** It stops soon, and closes whoever is still there then. */
  goAway(deadlineMs: number): void {
    this.leaving = this.owner;
    this.owner?.say({ f: "goaway", deadline_ms: deadlineMs, why: "draining" });
  }

  /** It stops. */
  stop(): void {
    if (this.leaving !== null && this.leaving === this.owner) {
      this.leaving.close(CLOSE_CODES.DRAINING);
      this.owner = null;
    }
    this.leaving = null;
  }

  /** Somebody else writes. */
  say(body: string): void {
    this.append(body);
  }

  /** Valkey is wiped: the log starts anew, sessions go on, nothing durable is lost. */
  wipeLog(): void {
    this.epoch++;
    this.log = [];
    this.trimmed = 0;
  }

  /** The log no longer reaches back to its beginning. */
  trimLog(): void {
    this.trimmed = this.log.length;
  }

  forgetSessions(): void {
    this.sessions.clear();
  }

  private identify({ ticket, prev_sid }: Identify, from: Connection): void {
    if (!this.tickets.delete(ticket)) {
      from.close(4003);
      return;
    }
    const sid = `sid-${++this.issued}`;
    const session: FakeSession = { tokens: [], lastCid: 0, acks: new Map() };
    this.sessions.set(sid, session);
    this.attachSession(sid, from);
    const prev_last_cid = this.durable.get(prev_sid ?? "") ?? 0;
    const resume_token = this.renewToken(session);
    from.say({ f: "ready", sid, resume_token, gen: 1, pid: "me", ...this.place(), prev_last_cid });
  }

  private resume(frame: Resume, from: Connection): void {
    const session = this.sessions.get(frame.sid);
    if (session?.tokens.includes(frame.resume_token) !== true) {
      from.close(4004);
      return;
    }
    this.attachSession(frame.sid, from);
    const resume_token = this.renewToken(session);
    const common = { resume_token, gen: 1, last_cid: session.lastCid, media: "keep" as const };
    if (frame.epoch !== String(this.epoch)) from.say({ f: "reset", reason: "epoch", ...common, ...this.place() });
    else if (frame.ro < this.trimmed) from.say({ f: "reset", reason: "trimmed", ...common, ...this.place() });
    else {
      const missed = this.log.slice(frame.ro);
      from.say({ f: "resumed", ...common, replayed: missed.length });
      for (const event of missed) from.say(event);
    }
  }

  private command({ cid, t, d }: Command, from: Connection): void {
    if (from !== this.owner) return; // an older generation writes nothing
    const sid = from.sid ?? "";
    const session = this.sessions.get(sid);
    if (session === undefined) return;
    const known = session.acks.get(cid);
    if (known !== undefined) from.say(known);
    else if (cid === session.lastCid + 1) {
      const ack: Ack = { f: "ack", cid, ok: true, res: this.execute(t, d ?? {}) };
      session.lastCid = cid;
      session.acks.set(cid, ack);
      if (COMMANDS[t as keyof typeof COMMANDS] === "D") this.durable.set(sid, cid);
      from.say(ack);
    } else if (cid > session.lastCid + 1) from.close(4001);
  }

  private execute(type: string, data: Record<string, unknown>): Record<string, unknown> {
    if (type === "self.update") this.updates.push(JSON.stringify(data));
    else return { seq: this.append(String(data["body"])) };
    return {};
  }

  private append(body: string): number {
    this.chat.push(body);
    const seq = this.chat.length;
    const message = { message_id: `m${seq}`, seq, participant_id: "me", display_name: "", body, sent_at: "", version: 1, reactions: [], files: [] };
    const off = this.log.length + 1;
    const event: EventFrame = { f: "ev", st: "r", off, ep: String(this.epoch), t: "chat.message", ts: "", d: { message } };
    this.log.push(event);
    this.owner?.say(event);
    return seq;
  }

  private attachSession(sid: string, connection: Connection): void {
    if (this.owner !== connection) this.owner?.close(CLOSE_CODES.REPLACED);
    connection.sid = sid;
    this.owner = connection;
  }

  private renewToken(session: FakeSession): string {
    const token = `token-number-${++this.issued}`;
    session.tokens = [...session.tokens.slice(-1), token];
    return token;
  }

  private place(): { epoch: string; ro: number; po: number; snapshot: Snapshot } {
    return { epoch: String(this.epoch), ro: this.log.length, po: 0, snapshot: this.snapshot() };
  }

  private snapshot(): Snapshot {
    const messages = this.chat.map((body, index) => ({
      message_id: `m${index + 1}`, seq: index + 1, participant_id: "me", display_name: "", body, sent_at: "",
      version: 1, reactions: [], files: [],
    }));
    const meeting = { meeting_id: "m", meeting_no: "1", title: "", host_name: "", locked: false, started_at: "", options: OPTIONS, frozen: false };
    return { meeting, participant_id: "me", role: "host", participants: [], messages, slots: [], private_messages: [], polls: [], may_unmute: [] };
  }
}
