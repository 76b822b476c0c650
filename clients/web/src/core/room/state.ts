/** What is known of the room: a snapshot, and every event applied to it. Pure. */
import { applyBreakouts } from "../breakouts/state";
import type { BreakoutsState, EventFrame, EventsData, MeetingState, ParticipantState, Snapshot } from "../protocol";
import type { Messages } from "../talk/messages";
import { changeMessage, mergeMessages, react } from "../talk/messages";
import type { Polls } from "../talk/polls";
import { choose, countVotes, putPoll } from "../talk/polls";
import type { Quality } from "../types";
import type { FloorState } from "./floor";
import { applyFloor } from "./floor";

/** The address of a picture, by participant. */
type Pictures = Readonly<Record<string, string | null>>;

export interface RoomState extends FloorState {
  meeting: MeetingState | null;
  selfId: string | null;
  /** In order of arrival. */
  participants: readonly ParticipantState[];
  /** Of everybody who has been here. */
  pictures: Pictures;
  /** By `seq`, without doubles. */
  messages: Messages;
  /** Of or to this person, by their time. */
  privateMessages: Messages;
  polls: Polls;
  speakers: readonly string[];
  quality: Readonly<Record<string, Quality>>;
  breakouts: BreakoutsState | null;
  /** Who this person is in the main room. */
  homeId: string | null;
}

export const EMPTY_ROOM: RoomState = {
  meeting: null,
  selfId: null,
  participants: [],
  pictures: {},
  messages: [],
  privateMessages: [],
  polls: [],
  speakers: [],
  quality: {},
  breakouts: null,
  homeId: null,
  mayUnmute: [],
  lobby: null,
  place: null,
};

/** An event whose payload fits its type. */
export type RoomEvent = { [T in keyof EventsData]: { type: T; data: EventsData[T] } }[keyof EventsData];

/** Reads the frame; the server and this client agree on the payloads by the generated protocol. */
export function roomEvent(frame: EventFrame): RoomEvent {
  return { type: frame.t, data: frame.d } as unknown as RoomEvent;
}

/** Messages known from before are kept: the snapshot holds only the latest. */
export function applySnapshot(state: RoomState, snapshot: Snapshot): RoomState {
  return {
    meeting: snapshot.meeting,
    selfId: snapshot.participant_id,
    participants: inOrder(snapshot.participants),
    pictures: withPictures(state.pictures, snapshot.participants),
    messages: mergeMessages(state.messages, snapshot.messages),
    privateMessages: mergeMessages(state.privateMessages, snapshot.private_messages),
    polls: snapshot.polls,
    speakers: [],
    quality: {},
    breakouts: snapshot.breakouts ?? null,
    homeId: state.homeId,
    mayUnmute: snapshot.may_unmute,
    lobby: snapshot.lobby ?? null,
    place: snapshot.place ?? null,
  };
}

export function applyEvent(state: RoomState, event: RoomEvent): RoomState {
  switch (event.type) {
    case "participant.joined":
      return withParticipant(state, event.data.participant, true);
    case "participant.updated":
      return withParticipant(state, event.data.participant, false);
    case "participant.left":
    case "participant.removed":
      return without(state, event.data.participant_id);
    case "chat.message":
      return event.data.message.recipient_id == null
        ? { ...state, messages: mergeMessages(state.messages, [event.data.message]) }
        : { ...state, privateMessages: mergeMessages(state.privateMessages, [event.data.message]) };
    case "chat.changed":
      return inChat(state, (messages) => changeMessage(messages, event.data.message));
    case "chat.reacted":
      return inChat(state, (messages) => react(messages, event.data));
    case "poll.started":
    case "poll.closed":
    case "poll.published":
      return { ...state, polls: putPoll(state.polls, event.data.poll) };
    case "poll.voted":
      return { ...state, polls: countVotes(state.polls, event.data) };
    case "poll.chosen":
      return { ...state, polls: choose(state.polls, event.data.poll_id, event.data.choice) };
    case "meeting.locked":
      return { ...state, meeting: state.meeting && { ...state.meeting, locked: event.data.locked } };
    case "speakers":
      return { ...state, speakers: event.data.participant_ids };
    case "quality":
      return { ...state, quality: { ...state.quality, [event.data.participant_id]: event.data.quality } };
    default:
      return applyFloor(applyBreakouts(state, event), event);
  }
}

export function findParticipant(state: RoomState, participantId: string): ParticipantState | undefined {
  return state.participants.find((participant) => participant.participant_id === participantId);
}

/** The higher version wins. An update of somebody unknown is about one who already left. */
function withParticipant(state: RoomState, changed: ParticipantState, joined: boolean): RoomState {
  const known = findParticipant(state, changed.participant_id);
  if (known === undefined ? !joined : known.version >= changed.version) return state;
  const others = state.participants.filter((participant) => participant !== known);
  const participants = inOrder([...others, changed]);
  return { ...state, participants, pictures: withPictures(state.pictures, [changed]) };
}

function withPictures(pictures: Pictures, people: readonly ParticipantState[]): Pictures {
  const found = people.map((person) => [person.participant_id, person.avatar_url ?? null] as const);
  const changed = found.filter(([id, picture]) => (pictures[id] ?? null) !== picture);
  return changed.length === 0 ? pictures : { ...pictures, ...Object.fromEntries(changed) };
}

function without(state: RoomState, participantId: string): RoomState {
  const { [participantId]: _gone, ...quality } = state.quality;
  return {
    ...state,
    participants: state.participants.filter((participant) => participant.participant_id !== participantId),
    speakers: state.speakers.filter((speaker) => speaker !== participantId),
    quality,
  };
}

function inOrder(participants: readonly ParticipantState[]): ParticipantState[] {
  return [...participants].sort(
    (a, b) => compare(a.joined_at, b.joined_at) || compare(a.participant_id, b.participant_id),
  );
}

/** A message is in one of both lists. */
function inChat(state: RoomState, change: (messages: Messages) => Messages): RoomState {
  return { ...state, messages: change(state.messages), privateMessages: change(state.privateMessages) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
