/** The public face of `core`: what the interface (React or any other) sees of accounts and meetings. */
import type { BreakoutActions, BreakoutNotice, BreakoutsView } from "./breakouts/types";
import type { Rooms, Schedule, Scheduled } from "./schedule";
import type { ChatEntry, Poll, Talk, TalkSession } from "./talk/types";
import type { Administration, Security } from "./types-account";
import type { Webhooks } from "./types-webhooks";

export type * from "./types-account";
export type * from "./types-webhooks";
export type * from "./breakouts/types";
export type * from "./schedule";
export type * from "./talk/types";

export type { Ban, LobbyPlace, OptionsChange, WaitingPerson } from "./floor-types";
import type { FloorActions, FloorView, MeetingOptions } from "./floor-types";

/** A value that can be watched; fits React's `useSyncExternalStore(store.subscribe, store.get)`. */
export interface Store<T> {
  /** The present value; the same object until it changes. */
  get(): T;
  /** Calls `listener` after each change; returns how to stop. */
  subscribe(listener: () => void): () => void;
}

/** A failure that a person can be told about: translate by `code`; `detail` is English, for the report. */
export interface Problem {
  code: string;
  status: number;
  detail: string;
  errors: { pointer: string; detail: string }[];
  retryAfterS: number | null;
  traceId: string | null;
}

export type MeetingRole = "host" | "co_host" | "presenter" | "attendee" | "observer";
export type Source = "microphone" | "camera" | "screen" | "screen_audio";
export type Quality = "good" | "fair" | "poor" | "lost";

// ---------------------------------------------------------------- accounts and meetings over HTTP

export type Role = "guest" | "user" | "moderator" | "admin" | "super_admin";

export interface User {
  userId: string;
  email: string;
  emailVerified: boolean;
  displayName: string;
  locale: "zh-CN" | "en";
  role: Role;
  avatarUrl: string | null;
  hasPassword: boolean;
}

export interface MeetingSummary extends Scheduled {
  meetingId: string;
  meetingNo: string;
  title: string;
  status: "scheduled" | "lobby_open" | "live" | "ended" | "cancelled" | "expired";
  hostName: string;
  hasPassword: boolean;
  guestsAllowed: boolean;
  isHost: boolean;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  participantCount: number;
  joinUrl: string;
}

/** What anyone with the number or link may know before joining. */
export interface MeetingPreview {
  meetingId: string;
  meetingNo: string;
  title: string;
  hostName: string;
  hasPassword: boolean;
  guestsAllowed: boolean;
  status: MeetingSummary["status"];
  /** Whether others than hosts may join now, or what they wait for. */
  entry: "open" | "before_time" | "host_absent" | "over";
  startsAt: string | null;
  opensAt: string | null;
}

export interface Account {
  /** `null` while unknown (first refresh on its way), `false` when signed out. */
  user: Store<User | false | null>;
  register(input: { email: string; password: string; displayName: string; locale: string }): Promise<User>;
  login(input: { email: string; password: string }): Promise<User>;
  logout(): Promise<void>;
  logoutEverywhere(): Promise<void>;
  updateProfile(input: { displayName?: string; locale?: string }): Promise<User>;
}

export interface Meetings {
  create(input: { title?: string; password?: string; guestsAllowed?: boolean }): Promise<MeetingSummary>;
  /** `reference` is a meeting id, or the nine-digit number with or without blanks. */
  preview(reference: string): Promise<MeetingPreview>;
  end(meetingId: string): Promise<void>;
}

// ---------------------------------------------------------------- devices

export type DeviceProblem = "denied" | "missing" | "in_use" | "system_blocked" | "insecure" | "unknown";

export interface DevicesState {
  microphones: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
  microphoneId: string | null;
  cameraId: string | null;
  speakerId: string | null;
  microphoneOn: boolean;
  cameraOn: boolean;
  microphoneTrack: MediaStreamTrack | null;
  cameraTrack: MediaStreamTrack | null;
  microphoneProblem: DeviceProblem | null;
  cameraProblem: DeviceProblem | null;
}

/** Owns the local tracks, before and during a meeting. Choices last (localStorage). */
export interface Devices {
  state: Store<DevicesState>;
  /** Loudness of the microphone, 0..1, about 15 times a second while somebody subscribes. */
  level: Store<number>;
  setMicrophoneOn(on: boolean): Promise<void>;
  setCameraOn(on: boolean): Promise<void>;
  chooseMicrophone(id: string): Promise<void>;
  chooseCamera(id: string): Promise<void>;
  chooseSpeaker(id: string): Promise<void>;
  playTestSound(): Promise<void>;
  /** Stops every local track. */
  release(): void;
}

// ---------------------------------------------------------------- one meeting

export interface Participant {
  participantId: string;
  displayName: string;
  role: MeetingRole;
  isGuest: boolean;
  isSelf: boolean;
  presence: "connected" | "reconnecting";
  joinedAt: string;
  microphone: boolean;
  camera: boolean;
  screen: boolean;
  screenAudio: boolean;
  handRaisedAt: string | null;
  quality: Quality | null;
  /** The picture of the account, a path of this server. */
  avatarUrl: string | null;
}

export type EndReason = "left" | "removed" | "denied" | "ended" | "replaced" | "loggedOut" | "refused" | "version";

export interface MeetingView extends BreakoutsView, FloorView {
  /** `waiting`: in the lobby, where nothing of the meeting is seen. */
  phase: "joining" | "waiting" | "live" | "reconnecting" | "ended";
  endReason: EndReason | null;
  endProblem: Problem | null;
  meeting: {
    meetingId: string;
    meetingNo: string;
    title: string;
    hostName: string;
    locked: boolean;
    startedAt: string;
    options: MeetingOptions;
    /** Nobody but hosts and co-hosts sends, writes or reacts. */
    frozen: boolean;
    /** Whom everybody sees large. */
    spotlight: string | null;
  } | null;
  selfId: string | null;
  role: MeetingRole;
  /** In order of arrival; self included. */
  participants: Participant[];
  /** By participant, of those who left, too: what they wrote stays. */
  pictures: Readonly<Record<string, string | null>>;
  /** Loudest first. */
  speakers: string[];
  /** To everyone, and one's own private messages among them, by their time. */
  chat: ChatEntry[];
  /** In the order of their start. */
  polls: Poll[];
  media: "none" | "connecting" | "connected" | "failed";
  screenSharing: boolean;
}

/** Things that happen once and are shown for a moment. */
export type MeetingNotice =
  | BreakoutNotice
  | { type: "reaction"; participantId: string; emoji: string }
  | { type: "muted_by_host"; source: Source }
  | { type: "asked_to_unmute" | "muted_all" }
  | { type: "frozen"; frozen: boolean }
  | { type: "role"; role: MeetingRole }
  | { type: "chat"; entry: ChatEntry }
  | { type: "poll"; poll: Poll }
  | { type: "joined" | "left"; displayName: string }
  | { type: "problem"; problem: Problem };

/** This connection is too slow for the picture, this browser can't show it, or it is none of the two. */
export type PauseReason = "bandwidth" | "codec" | "other";

export interface TileRequest {
  participantId: string;
  source: "camera" | "screen";
  /** Width of the tile in device pixels. */
  width: number;
}

export interface MeetingSession extends TalkSession, BreakoutActions, FloorActions {
  view: Store<MeetingView>;
  onNotice(listener: (notice: MeetingNotice) => void): () => void;
  /** What is visible now; the core maps it to receive slots. Calling it often is fine: it is debounced. */
  setTiles(tiles: TileRequest[]): void;
  /** The remote picture of a tile, or null while none arrives; watch it with `tilesChanged`. */
  videoTrack(participantId: string, source: "camera" | "screen"): MediaStreamTrack | null;
  /** Why the server holds the remote picture of a tile back; null: it does not. */
  videoPause(participantId: string, source: "camera" | "screen"): PauseReason | null;
  /** Changes whenever any answer of these two may have changed. */
  tilesChanged: Store<number>;
  react(emoji: string): void;
  raiseHand(up: boolean): void;
  startScreenShare(): Promise<void>;
  stopScreenShare(): Promise<void>;
  muteParticipant(participantId: string, source: Source): Promise<void>;
  removeParticipant(participantId: string): Promise<void>;
  lock(locked: boolean): Promise<void>;
  endForAll(): Promise<void>;
  leave(): Promise<void>;
  /** Where one goes from the end, for whom other software sent here. */
  leaveUrl?: string;
  /** Live facts of the connection, for the quality panel and for tests. */
  statistics(): Promise<SessionStatistics>;
}

export interface SessionStatistics {
  roundTripMs: number | null;
  transport: "udp" | "tcp" | null;
  sentBps: number;
  receivedBps: number;
  framesDecoded: Record<string, number>;
}

export interface JoinInput {
  /** Meeting id or nine-digit number. */
  reference: string;
  displayName?: string;
  password?: string;
  /** What other software gave its user as a way in. */
  passCode?: string;
}

export interface Core {
  account: Account;
  security: Security;
  administration: Administration;
  meetings: Meetings;
  webhooks: Webhooks;
  schedule: Schedule;
  rooms: Rooms;
  talk: Talk;
  devices: Devices;
  /** Rejects with a Problem (meeting_password_wrong, meeting_locked, sign_in_required, ...) before any socket opens. */
  join(input: JoinInput): Promise<MeetingSession>;
  /** Checks WebSocket, UDP, TCP and, where there is one, the relay from this browser, one result a step. */
  testConnection(onStep: (step: ConnectionTestStep) => void): Promise<ConnectionTestStep[]>;
}

export interface ConnectionTestStep {
  step: "https" | "websocket" | "devices" | "udp" | "tcp" | "relay";
  outcome: "running" | "passed" | "failed" | "skipped";
  detail: string;
  durationMs: number;
  /** What the step `websocket` measured: there and back. */
  roundTripMs?: number;
  /** What the step `devices` found. */
  counts?: { microphones: number; cameras: number; speakers: number };
}
