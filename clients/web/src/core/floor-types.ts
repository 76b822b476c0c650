/** The floor as the interface sees it: the lobby, roles, and what hosts decide. */
import type { Camelized } from "./camelize";
import type {
  LobbyPlace as PlaceOnWire,
  LobbyState as LobbyOnWire,
  MeetingOptions as OptionsOnWire,
  WaitingPerson as WaitingOnWire,
} from "./protocol";
import type { MeetingRole, Source } from "./types";

export type MeetingOptions = Camelized<OptionsOnWire>;
export type WaitingPerson = Camelized<WaitingOnWire>;
type LobbyState = Camelized<LobbyOnWire>;
export type LobbyPlace = Camelized<PlaceOnWire>;
export type OptionsChange = Partial<Omit<MeetingOptions, "lobbyOpensMin">>;

/** Whom hosts keep out. */
export interface Ban {
  participantId: string;
  displayName: string;
  bannedBy: string;
  hasAccount: boolean;
  createdAt: string;
}

export interface FloorView {
  /** Whom a host asked to unmute. */
  mayUnmute: readonly string[];
  /** Null for everybody but hosts and co-hosts. */
  lobby: LobbyState | null;
  /** Where one is in the lobby; null: not in it. */
  place: LobbyPlace | null;
  /** What one may not send now. */
  blocked: readonly Source[];
}

/** What hosts and co-hosts do; each rejects with a Problem. */
export interface FloorActions {
  admit(participantId: string): Promise<void>;
  admitAll(): Promise<void>;
  deny(participantId: string, ban: boolean): Promise<void>;
  sayToLobby(body: string): Promise<void>;
  setRole(participantId: string, role: MeetingRole): Promise<void>;
  rename(participantId: string, displayName: string): Promise<void>;
  askToUnmute(participantId: string): Promise<void>;
  lowerHand(participantId: string): Promise<void>;
  lowerHands(): Promise<void>;
  muteAll(block: boolean): Promise<void>;
  freeze(frozen: boolean): Promise<void>;
  spotlight(participantId: string | null): Promise<void>;
  setOptions(change: OptionsChange): Promise<void>;
  unban(participantId: string): Promise<void>;
  /** The first hundred. */
  bans(): Promise<Ban[]>;
}
