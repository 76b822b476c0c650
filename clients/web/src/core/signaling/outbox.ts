/** Commands on their way: kept until the server answered, in order, within bounds. */
import type { Command, CommandsData } from "../protocol";
import { COMMANDS } from "../protocol";

export type CommandType = keyof CommandsData;

export interface Pending {
  /** Names the command in this page for ever; `cid` names it in the session. */
  key: number;
  cid: number;
  type: CommandType;
  data: CommandsData[CommandType];
  bytes: number;
  /** When it went out on the present connection; null: not yet. */
  sentAtMs: number | null;
}

const MAX_COMMANDS = 256;
const MAX_BYTES = 1024 * 1024;

export class Outbox {
  private pending: Pending[] = [];
  private bytes = 0;
  private nextCid = 1;
  private nextKey = 1;

  /** Takes a command, or returns null when it holds too much already. */
  add(type: CommandType, data: CommandsData[CommandType]): Pending | null {
    const bytes = JSON.stringify(data).length + type.length;
    if (this.pending.length >= MAX_COMMANDS || this.bytes + bytes > MAX_BYTES) return null;
    const command = { key: this.nextKey++, cid: this.nextCid++, type, data, bytes, sentAtMs: null };
    this.pending.push(command);
    this.bytes += bytes;
    return command;
  }

  get all(): readonly Pending[] {
    return this.pending;
  }

  /** Takes out everything up to `cid`: an answer also confirms all lower ones. */
  takeUpTo(cid: number): Pending[] {
    return this.take((command) => command.cid <= cid);
  }

  /** When the oldest command that waits for its answer was sent on this connection. */
  get oldestSentAtMs(): number | null {
    return this.pending[0]?.sentAtMs ?? null;
  }

  connectionLost(): void {
    for (const command of this.pending) command.sentAtMs = null;
  }

  /** The server knows less than was confirmed once (it lost its memory): go on counting where it stands. */
  continueFrom(lastCid: number): void {
    const first = this.pending[0]?.cid ?? this.nextCid;
    if (first <= lastCid + 1) return;
    this.renumber(lastCid + 1);
  }

  /**
   * A new session begins. Durable commands up to `lastDurableCid` took effect in the old one, and are returned
   * first; what belonged to the old connection (negotiation, moments) is dropped, and returned second; the rest
   * counts from 1 again.
   */
  startOver(lastDurableCid: number): { done: Pending[]; dropped: Pending[] } {
    const done = this.take(({ type, cid }) => COMMANDS[type] === "D" && cid <= lastDurableCid);
    const dropped = this.take(({ type }) => COMMANDS[type] === "N" || COMMANDS[type] === "E");
    this.renumber(1);
    return { done, dropped };
  }

  clear(): Pending[] {
    return this.take(() => true);
  }

  private renumber(from: number): void {
    this.nextCid = from;
    for (const command of this.pending) command.cid = this.nextCid++;
  }

  private take(wanted: (command: Pending) => boolean): Pending[] {
    const taken = this.pending.filter(wanted);
    this.pending = this.pending.filter((command) => !wanted(command));
    this.bytes -= taken.reduce((sum, command) => sum + command.bytes, 0);
    return taken;
  }
}

export function asFrame(command: Pending): Command {
  return { f: "cmd", cid: command.cid, t: command.type, d: { ...command.data } };
}
