/** Who belongs to which room, as hosts see it. */
import type { Breakouts, Participant } from "../../../core/types";
import { useView } from "../../../ui/meeting";

export interface BoardPerson {
  id: string;
  name: string;
  roomId: string | null;
  /** They are on their way, or elsewhere. */
  isAway: boolean;
}

export function useBoard(breakouts: Breakouts): BoardPerson[] {
  const participants = useView((view) => view.participants);
  return peopleOf(breakouts, participants);
}

/** In the main room everybody is known; a breakout knows those that concern it. */
function peopleOf({ here, places, status }: Breakouts, participants: Participant[]): BoardPerson[] {
  const isOpen = status !== "planned";
  const people = new Map<string, BoardPerson>();
  if (here === null) {
    for (const { participantId: id, displayName: name, isSelf } of participants) {
      if (!isSelf) people.set(id, { id, name, roomId: null, isAway: false });
    }
  }
  for (const { participantId: id, displayName: name, breakoutId, insideId } of places) {
    const isKnown = people.has(id) || insideId !== null;
    const isSelf = participants.some((person) => person.isSelf && person.participantId === id);
    if (isKnown && !isSelf) people.set(id, { id, name, roomId: breakoutId, isAway: isOpen && breakoutId !== insideId });
  }
  return [...people.values()];
}
