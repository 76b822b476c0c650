/** The room as the interface sees it. Pure. */
import { camelize } from "../camelize";
import type { ChatMessage, ParticipantState } from "../protocol";
import type { ChatEntry, MeetingView, Participant, Quality } from "../types";
import type { PendingChats } from "./pending-chat";
import type { RoomState } from "./state";
import { findParticipant } from "./state";

export type RoomView = Pick<MeetingView, "meeting" | "selfId" | "role" | "participants" | "speakers" | "chat">;

/** Makes views of one room; what did not change stays the same object, so that React renders little. */
export function createRoomViews(): (room: RoomState, pending: PendingChats) => RoomView {
  const participantOf = remember(participantView);
  const entryOf = remember(chatEntry);
  const meetingOf = remember((meeting: RoomState["meeting"]) => meeting && camelize(meeting));
  const peopleOf = remember((people: RoomState["participants"], quality: RoomState["quality"], self: string | null) =>
    people.map((person) => participantOf(person, quality[person.participant_id] ?? null, self)),
  );
  const chatOf = remember((messages: RoomState["messages"], pending: PendingChats, self: string, name: string) => [
    ...messages.map((message) => entryOf(message, self)),
    ...pending.map((chat): ChatEntry => ({ ...chat, seq: null, participantId: self, displayName: name, isSelf: true })),
  ]);
  const speakersOf = remember((speakers: readonly string[]) => [...speakers]);

  return (room, pending) => {
    const self = findParticipant(room, room.selfId ?? "");
    return {
      meeting: meetingOf(room.meeting),
      selfId: room.selfId,
      role: self?.role ?? "attendee",
      participants: peopleOf(room.participants, room.quality, room.selfId),
      speakers: speakersOf(room.speakers),
      chat: chatOf(room.messages, pending, room.selfId ?? "", self?.display_name ?? ""),
    };
  };
}

export function chatEntry(message: ChatMessage, selfId: string | null): ChatEntry {
  return { ...camelize(message), isSelf: message.participant_id === selfId, failed: null };
}

function participantView(state: ParticipantState, quality: Quality | null, selfId: string | null): Participant {
  const { version: _version, handRaisedAt, ...rest } = camelize(state);
  return {
    ...rest,
    handRaisedAt: handRaisedAt ?? null,
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
