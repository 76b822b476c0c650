/** What is known of breakout rooms, and where a person is to be. Pure. */
import type { MeetingNotice } from "../types";
import type { RoomEvent, RoomState } from "../room/state";
import type { BreakoutPlace, BreakoutsState } from "../protocol";
import type { Breakouts } from "./types";

export function applyBreakouts(state: RoomState, event: RoomEvent): RoomState {
  switch (event.type) {
    case "breakouts.changed": {
      const { breakouts } = event.data;
      if (breakouts == null) return { ...state, breakouts: null };
      const { here = null, places = [] } = state.breakouts ?? {};
      return { ...state, breakouts: { ...breakouts, here, places } };
    }
    case "breakouts.placed":
      if (state.breakouts === null) return state;
      return { ...state, breakouts: { ...state.breakouts, places: placed(state, state.breakouts, event.data.places) } };
    default:
      return state;
  }
}

/** A breakout knows the places that concern it; one's own always do. */
function placed(state: RoomState, { here, places }: BreakoutsState, changed: BreakoutPlace[]): BreakoutPlace[] {
  const all = new Map([...places, ...changed].map((place) => [place.participant_id, place]));
  const concerns = ({ participant_id, breakout_id, inside_id }: BreakoutPlace): boolean =>
    here == null || participant_id === state.homeId || [breakout_id, inside_id].includes(here);
  return [...all.values()].filter(concerns).sort((a, b) => (a.participant_id < b.participant_id ? -1 : 1));
}

/** The room that somebody is to be in now; null: the main room. */
export function wantedRoom(breakouts: Breakouts | null, homeId: string | null): string | null {
  if (breakouts === null || !["open", "closing"].includes(breakouts.status)) return null;
  return breakouts.places.find(({ participantId }) => participantId === homeId)?.breakoutId ?? null;
}

/** `before` is the room without the event. */
export function breakoutNotice(before: RoomState, event: RoomEvent): MeetingNotice | null {
  if (event.type === "breakouts.said") {
    return { type: "breakout_said", displayName: event.data.display_name, body: event.data.body };
  }
  if (event.type !== "breakouts.changed") return null;
  const known = new Map(before.breakouts?.rooms.map(({ breakout_id, help_by }) => [breakout_id, help_by]));
  const asking = event.data.breakouts?.rooms.find(({ breakout_id, help_by }) => help_by != null && known.get(breakout_id) == null);
  return asking?.help_by == null ? null : { type: "breakout_help", displayName: asking.help_by, title: asking.title };
}

/** Who goes to a breakout, or comes back from one, is neither gone nor new. */
export function isMoving(room: RoomState, participantId: string): boolean {
  return room.breakouts?.places.some(({ participant_id }) => participant_id === participantId) === true;
}
