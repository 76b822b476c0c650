/** What the receive slots carry, as the server says; and which track a tile shows. */
import type { MediaSlots, SlotState } from "../protocol";
import { createStore } from "../store";
import type { PauseReason, Store } from "../types";
import type { Lines } from "./lines";

export interface Slots {
  changed: Store<number>;
  /** An assignment of another connection than the present one says nothing. */
  accept(assignment: MediaSlots, generation: number): void;
  /** From a snapshot: the connection goes on, what it carries is told anew. */
  replace(slots: readonly SlotState[]): void;
  trackOf(participantId: string, source: "camera" | "screen"): MediaStreamTrack | null;
  /** Why the server holds the picture back; null: it does not. */
  pauseOf(participantId: string, source: "camera" | "screen"): PauseReason | null;
  /** Who is seen in the slot, by mid. */
  labelOf(mid: string): string | null;
}

export function createSlots(lines: Store<Lines | null>): Slots {
  const changed = createStore(0);
  let slots: readonly SlotState[] = [];
  let version = 0;
  lines.subscribe(() => {
    version = 0;
    take([]);
  });

  function take(next: readonly SlotState[]): void {
    slots = next;
    changed.set(changed.get() + 1);
  }

  function find(participantId: string, source: "camera" | "screen"): SlotState | undefined {
    return slots.find((slot) => slot.participant_id === participantId && slot.source === source);
  }

  return {
    changed,
    accept(assignment, generation) {
      if (assignment.generation !== generation || assignment.version <= version) return;
      version = assignment.version;
      take(assignment.slots);
    },
    replace: take,
    trackOf(participantId, source) {
      const slot = find(participantId, source);
      if (slot === undefined || slot.paused) return null;
      return lines.get()?.videoSlots.find(({ mid }) => mid === slot.mid)?.receiver.track ?? null;
    },
    pauseOf(participantId, source) {
      const slot = find(participantId, source);
      return slot?.paused === true ? (slot.reason ?? "other") : null;
    },
    labelOf(mid) {
      const slot = slots.find((each) => each.mid === mid);
      return slot?.participant_id == null ? null : `${slot.participant_id}:${slot.source ?? ""}`;
    },
  };
}
