/** What of an event is shown for a moment. Pure. */
import { breakoutNotice, isMoving } from "../breakouts/state";
import type { MeetingNotice } from "../types";
import type { RoomEvent, RoomState } from "./state";
import { moderates } from "./floor";
import { findParticipant } from "./state";
import { chatEntry, pollView } from "../talk/view";

function isModerated(room: RoomState): boolean {
  const self = findParticipant(room, room.selfId ?? "");
  return self !== undefined && !moderates(self.role);
}

/** Another role than before, whatever told of it. */
export function roleNotice(before: RoomState, after: RoomState): MeetingNotice | null {
  const [former, now] = [before, after].map((room) => findParticipant(room, room.selfId ?? "")?.role);
  return former !== undefined && now !== undefined && former !== now ? { type: "role", role: now } : null;
}

/** `before` is the room without the event. */
export function noticeOf(before: RoomState, event: RoomEvent): MeetingNotice | null {
  switch (event.type) {
    case "reaction":
      return { type: "reaction", participantId: event.data.participant_id, emoji: event.data.emoji };
    case "participant.muted":
      if (event.data.participant_id !== before.selfId) return null;
      return { type: "muted_by_host", source: event.data.source };
    case "participant.asked_to_unmute":
      return event.data.participant_id === before.selfId ? { type: "asked_to_unmute" } : null;
    case "meeting.muted_all":
      return isModerated(before) ? { type: "muted_all" } : null;
    case "meeting.frozen":
      return isModerated(before) ? { type: "frozen", frozen: event.data.frozen } : null;
    case "chat.message": {
      const { message } = event.data;
      const messages = message.recipient_id == null ? before.messages : before.privateMessages;
      const known = messages.some(({ message_id }) => message_id === message.message_id);
      return known ? null : { type: "chat", entry: chatEntry(message, before.selfId) };
    }
    case "poll.started": {
      const known = before.polls.some(({ poll_id }) => poll_id === event.data.poll.poll_id);
      return known ? null : { type: "poll", poll: pollView(event.data.poll) };
    }
    case "participant.joined": {
      const { participant } = event.data;
      const known = findParticipant(before, participant.participant_id);
      if (known !== undefined || isMoving(before, participant.participant_id) || participant.participant_id === before.selfId) return null;
      return { type: "joined", displayName: participant.display_name };
    }
    case "participant.left":
    case "participant.removed": {
      const gone = findParticipant(before, event.data.participant_id);
      if (gone === undefined || isMoving(before, gone.participant_id) || gone.participant_id === before.selfId) return null;
      return { type: "left", displayName: gone.display_name };
    }
    default:
      return breakoutNotice(before, event);
  }
}
