/** What one may not send in a room. Pure. */
import type { Source } from "../types";
import { blockedSources } from "./floor";
import type { RoomState } from "./state";
import { findParticipant } from "./state";

export function blockedIn(room: RoomState): readonly Source[] {
  const self = findParticipant(room, room.selfId ?? "");
  if (self === undefined) return [];
  const mayUnmute = room.mayUnmute.includes(self.participant_id);
  return blockedSources(self.role, room.meeting?.options, { frozen: room.meeting?.frozen ?? false, mayUnmute });
}
