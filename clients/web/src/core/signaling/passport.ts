/** What a client shows at a new socket: its session or, without one, a ticket. */
import type { Identify, Ready, Resume } from "../protocol";
import type { Ticket } from "./effects";
import type { LogPosition } from "./position";

interface Session {
  sid: string;
  resumeToken: string;
  /** Sockets tried since the session began: the server refuses a resume that a later one has overtaken. */
  attempts: number;
}

export const VERSION = 1 as const;

export class Passport {
  private session: Session | null = null;
  private lostSid: string | null = null;
  private ticket: Ticket | null = null;

  constructor(private readonly deviceId: string) {}

  get isMissing(): boolean {
    return this.session === null && this.ticket === null;
  }

  get hasSession(): boolean {
    return this.session !== null;
  }

  /** Where to connect, if somebody has said so lately. */
  get signalingUrl(): string | null {
    return this.ticket?.signalingUrl ?? null;
  }

  take(ticket: Ticket): void {
    this.ticket = ticket;
  }

  began(ready: Ready): void {
    this.session = { sid: ready.sid, resumeToken: ready.resume_token, attempts: 0 };
    this.lostSid = null;
  }

  renew(resumeToken: string): void {
    if (this.session !== null) this.session = { ...this.session, resumeToken };
  }

  loseSession(): void {
    this.lostSid = this.session?.sid ?? this.lostSid;
    this.session = null;
  }

  /** The first frame at a socket. `media`: a media connection exists that could go on. */
  greeting(position: LogPosition, media: boolean): Identify | Resume {
    return this.session === null ? this.identify() : this.resume(this.session, position, media);
  }

  private identify(): Identify {
    const { ticket, meetingId } = this.ticket ?? { ticket: "", meetingId: "" };
    this.ticket = null; // it is good once
    const prev = this.lostSid === null ? {} : { prev_sid: this.lostSid };
    return { f: "identify", v: VERSION, ticket, meeting_id: meetingId, device_id: this.deviceId, ...prev };
  }

  private resume(session: Session, { epoch, ro, po }: LogPosition, media: boolean): Resume {
    const { sid, resumeToken } = session;
    const attempt = ++session.attempts;
    return { f: "resume", v: VERSION, sid, resume_token: resumeToken, attempt, epoch, ro, po, media };
  }
}
