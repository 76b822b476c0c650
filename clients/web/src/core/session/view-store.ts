/** Puts the room, the connection and the media together into the one view that the interface watches. */
import type { PendingChats } from "../room/pending-chat";
import type { RoomState } from "../room/state";
import { createRoomViews } from "../room/view";
import { createStore } from "../store";
import type { EndReason, MeetingView, Problem, Store } from "../types";

export interface Phase {
  phase: MeetingView["phase"];
  endReason: EndReason | null;
  endProblem: Problem | null;
}

export interface ViewParts {
  phase: Store<Phase>;
  room: Store<RoomState>;
  pending: Store<PendingChats>;
  media: Store<MeetingView["media"]>;
  screen: Store<object | null>;
}

/** Follows the parts for as long as they live. */
export function createViewStore(parts: ViewParts): Store<MeetingView> {
  const viewOf = createRoomViews();
  const look = (): MeetingView => ({
    ...parts.phase.get(),
    ...viewOf(parts.room.get(), parts.pending.get()),
    media: parts.media.get(),
    screenSharing: parts.screen.get() !== null,
  });
  const view = createStore(look());
  for (const part of Object.values(parts) as Store<unknown>[]) part.subscribe(() => view.set(look()));
  return view;
}
