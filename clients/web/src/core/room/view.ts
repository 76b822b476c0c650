/** The room as the interface sees it. Pure. */
import type { Breakouts, BreakoutsView } from "../breakouts/types";
import { camelize } from "../camelize";
import type { FloorView } from "../floor-types";
import type { BreakoutsState, MeetingState, ParticipantState } from "../protocol";
import type { ChatEntry } from "../talk/types";
import { chatEntry, pendingEntry, pollView } from "../talk/view";
import type { MeetingView, Participant, Quality, Source } from "../types";
import type { PendingChats } from "./pending-chat";
import { blockedIn } from "./rights";
import type { RoomState } from "./state";
import { findParticipant } from "./state";

type Shown = "meeting" | "selfId" | "role" | "participants" | "pictures" | "speakers" | "chat" | "polls" | keyof BreakoutsView | keyof FloorView;
export type RoomView = Pick<MeetingView, Shown>;

/** Makes views of one room; what did not change stays the same object, so that React renders little. */
export function createRoomViews(): (room: RoomState, pending: PendingChats) => RoomView {
  const participantOf = remember(participantView);
  const entryOf = remember(chatEntry);
  const meetingOf = remember((meeting: RoomState["meeting"]) => meeting && meetingView(meeting));
  const lobbyOf = remember((lobby: RoomState["lobby"]) => lobby && camelize(lobby));
  const breakoutsOf = remember((breakouts: RoomState["breakouts"]) => breakouts && breakoutsView(breakouts));
  const placeOf = remember((place: RoomState["place"]) => place && camelize(place));
  const blockedOf = rememberList<Source>();
  const peopleOf = remember((people: RoomState["participants"], quality: RoomState["quality"], self: string | null) =>
    people.map((person) => participantOf(person, quality[person.participant_id] ?? null, self)),
  );
  const saidOf = remember((messages: RoomState["messages"], secrets: RoomState["privateMessages"], self: string) =>
    mixed(messages.map((message) => entryOf(message, self)), secrets.map((message) => entryOf(message, self))),
  );
  const chatOf = remember((said: ChatEntry[], pending: PendingChats, self: string, name: string) => [
    ...said,
    ...pending.map((chat) => pendingEntry(chat, self, name)),
  ]);
  const pollOf = remember(pollView);
  const pollsOf = remember((polls: RoomState["polls"]) => polls.map((poll) => pollOf(poll)));
  const speakersOf = remember((speakers: readonly string[]) => [...speakers]);

  return (room, pending) => {
    const selfId = room.selfId ?? "";
    const self = findParticipant(room, selfId);
    return {
      meeting: meetingOf(room.meeting),
      selfId: room.selfId,
      role: self?.role ?? "attendee",
      participants: peopleOf(room.participants, room.quality, room.selfId),
      pictures: room.pictures,
      speakers: speakersOf(room.speakers),
      mayUnmute: room.mayUnmute,
      lobby: lobbyOf(room.lobby),
      place: placeOf(room.place),
      breakouts: breakoutsOf(room.breakouts),
      homeId: room.homeId,
      blocked: blockedOf(blockedIn(room)),
      chat: chatOf(saidOf(room.messages, room.privateMessages, selfId), pending, selfId, self?.display_name ?? ""),
      polls: pollsOf(room.polls),
    };
  };
}

/** Private messages stand where they were written among those to everyone. */
function mixed(messages: ChatEntry[], secrets: ChatEntry[]): ChatEntry[] {
  const mixture: ChatEntry[] = [];
  let next = 0;
  // Each list keeps its order, whatever the clocks of several servers say.
  for (const message of messages) {
    while (next < secrets.length && (secrets[next]?.sentAt ?? "") < message.sentAt) mixture.push(...secrets.slice(next, ++next));
    mixture.push(message);
  }
  return [...mixture, ...secrets.slice(next)];
}

function meetingView(meeting: MeetingState): NonNullable<MeetingView["meeting"]> {
  const { options, frozen, spotlight, ...rest } = camelize(meeting);
  return { ...rest, options, frozen, spotlight: spotlight ?? null };
}

function breakoutsView(state: BreakoutsState): Breakouts {
  const { endsAt, here, rooms, places, ...rest } = camelize(state);
  return {
    ...rest,
    endsAt: endsAt ?? null,
    here: here ?? null,
    rooms: rooms.map((room) => ({ ...room, helpBy: room.helpBy ?? null })),
    places: places.map((place) => ({ ...place, breakoutId: place.breakoutId ?? null, insideId: place.insideId ?? null })),
  };
}

/** The same list as long as it says the same. */
function rememberList<T>(): (list: readonly T[]) => readonly T[] {
  let known: readonly T[] = [];
  return (list) => {
    if (list.length !== known.length || list.some((item, index) => item !== known[index])) known = list;
    return known;
  };
}

function participantView(state: ParticipantState, quality: Quality | null, selfId: string | null): Participant {
  const { version: _version, handRaisedAt, avatarUrl, ...rest } = camelize(state);
  return {
    ...rest,
    handRaisedAt: handRaisedAt ?? null,
    avatarUrl: avatarUrl ?? null,
    isSelf: state.participant_id === selfId,
    quality,
  };
}

/** Answers the same arguments with the same object: by the first argument where it is one, else the latest only. */
function remember<A extends readonly unknown[], R>(make: (...args: A) => R): (...args: A) => R {
  const answers = new WeakMap<object, { args: A; answer: R }>();
  const nothing = {};
  return (...args) => {
    const [first] = args;
    const key = typeof first === "object" && first !== null ? first : nothing;
    const known = answers.get(key);
    if (known?.args.every((value, index) => Object.is(value, args[index])) === true) return known.answer;
    const answer = make(...args);
    answers.set(key, { args, answer });
    return answer;
  };
}
