/** Feeds the room's state with snapshots and events, and says what else an event means. */
import type { EventFrame, MediaLayers, MediaSlots, Snapshot } from "../protocol";
import { noticeOf, roleNotice } from "../room/notices";
import type { RoomState } from "../room/state";
import { applyEvent, applySnapshot, EMPTY_ROOM, roomEvent } from "../room/state";
import { createStore } from "../store";
import type { ChatMessage } from "../protocol";
import type { MeetingNotice, Source, Store } from "../types";

export interface RoomFeed {
  room: Store<RoomState>;
  snapshot(snapshot: Snapshot): void;
  event(frame: EventFrame): void;
  /** One's own message, as the server answered it. */
  delivered(message: ChatMessage): void;
}

export interface FeedListener {
  notice(notice: MeetingNotice): void;
  ownMessage(message: ChatMessage): void;
  mutedByHost(source: Source): void;
  slots(assignment: MediaSlots): void;
  layers(wish: MediaLayers): void;
  mediaRebuild(): void;
}

export function createRoomFeed(homeId: string, listener: FeedListener): RoomFeed {
  const room = createStore<RoomState>({ ...EMPTY_ROOM, homeId });

  function tell(frame: EventFrame): void {
    const before = room.get();
    const event = roomEvent(frame);
    if (event.type === "media.slots") listener.slots(event.data);
    if (event.type === "media.layers") listener.layers(event.data);
    if (event.type === "media.rebuild") listener.mediaRebuild();
    if (event.type === "participant.muted" && event.data.participant_id === before.selfId) {
      listener.mutedByHost(event.data.source);
    }
    if (event.type === "meeting.muted_all" && noticeOf(before, event) !== null) listener.mutedByHost("microphone");
    const notice = noticeOf(before, event);
    room.set(applyEvent(before, event));
    if (event.type === "chat.message" && event.data.message.participant_id === before.selfId) {
      listener.ownMessage(event.data.message);
    }
    if (notice !== null) listener.notice(notice);
  }

  return {
    room,
    snapshot(snapshot) {
      const before = room.get();
      room.set(applySnapshot(before, snapshot));
      const notice = roleNotice(before, room.get());
      if (notice !== null) listener.notice(notice);
    },
    event: tell,
    delivered: (message) => room.set(applyEvent(room.get(), { type: "chat.message", data: { message } })),
  };
}
