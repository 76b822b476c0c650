/** The floor: the lobby, and what hosts decided for everybody. Pure. */
import type { LobbyMessage, LobbyPlace, LobbyState, MeetingOptions, WaitingPerson } from "../protocol";
import type { MeetingRole, Source } from "../types";
import type { RoomEvent, RoomState } from "./state";

const ALL_SOURCES: readonly Source[] = ["microphone", "camera", "screen", "screen_audio"];

export interface FloorState {
  /** Whom a host asked to unmute: they may, whatever the options say. */
  mayUnmute: readonly string[];
  /** For hosts and co-hosts. */
  lobby: LobbyState | null;
  /** For who is in the lobby. */
  place: LobbyPlace | null;
}

export function moderates(role: MeetingRole): boolean {
  return role === "host" || role === "co_host";
}

/** What somebody may not send; the server decides by the same rule (contracts/floor.py). */
export function blockedSources(
  role: MeetingRole,
  options: MeetingOptions | undefined,
  { frozen, mayUnmute }: { frozen: boolean; mayUnmute: boolean },
): readonly Source[] {
  if (moderates(role)) return [];
  if (frozen || role === "observer") return ALL_SOURCES;
  if (role === "presenter" || options === undefined) return [];
  const may = (source: Source): boolean => {
    if (source === "microphone") return options.attendees_may_unmute || mayUnmute;
    if (source !== "camera") return options.attendees_may_share;
    // A process of the version before does not know of it.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    return options.attendees_may_use_camera ?? true;
  };
  return ALL_SOURCES.filter((source) => !may(source));
}

export function applyFloor(state: RoomState, event: RoomEvent): RoomState {
  switch (event.type) {
    case "meeting.frozen":
      return { ...state, meeting: state.meeting && { ...state.meeting, frozen: event.data.frozen } };
    case "meeting.spotlighted":
      return { ...state, meeting: state.meeting && { ...state.meeting, spotlight: event.data.participant_id ?? null } };
    case "meeting.options_changed":
      return { ...state, meeting: state.meeting && { ...state.meeting, options: event.data.options } };
    case "participant.asked_to_unmute":
      return { ...state, mayUnmute: [...without(state.mayUnmute, event.data.participant_id), event.data.participant_id] };
    case "participant.muted":
      if (event.data.source !== "microphone") return state;
      return { ...state, mayUnmute: without(state.mayUnmute, event.data.participant_id) };
    case "meeting.muted_all":
      return { ...state, mayUnmute: [] };
    default:
      return applyLobby(state, event);
  }
}

function applyLobby(state: RoomState, event: RoomEvent): RoomState {
  switch (event.type) {
    case "lobby.requested":
      return inLobby(state, (lobby) => ({ ...lobby, waiting: withWaiting(lobby.waiting, event.data.waiting) }));
    case "lobby.admitted":
    case "lobby.denied":
    case "lobby.left": {
      const gone = event.data.participant_id;
      return inLobby(state, (lobby) => ({ ...lobby, waiting: lobby.waiting.filter((each) => each.participant_id !== gone) }));
    }
    case "lobby.said":
      return inLobby(state, (lobby) => ({ ...lobby, messages: withMessage(lobby.messages, event.data.message) }));
    case "lobby.position":
      return state.place === null ? state : { ...state, place: { ...state.place, ...event.data } };
    case "lobby.message":
      if (state.place === null) return state;
      return { ...state, place: { ...state.place, messages: withMessage(state.place.messages, event.data.message) } };
    default:
      return state;
  }
}

function inLobby(state: RoomState, change: (lobby: LobbyState) => LobbyState): RoomState {
  return state.lobby === null ? state : { ...state, lobby: change(state.lobby) };
}

function withWaiting(waiting: WaitingPerson[], person: WaitingPerson): WaitingPerson[] {
  const others = waiting.filter((each) => each.participant_id !== person.participant_id);
  const key = (each: WaitingPerson) => `${each.asked_at} ${each.participant_id}`;
  return [...others, person].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function withMessage(messages: LobbyMessage[], message: LobbyMessage): LobbyMessage[] {
  return message.seq > (messages.at(-1)?.seq ?? 0) ? [...messages, message] : messages;
}

function without(ids: readonly string[], gone: string): string[] {
  return ids.filter((id) => id !== gone);
}
