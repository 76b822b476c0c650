/** The queue of raised hands: who raised first is first. */
import type { Participant } from "../core/types";

export function raisedHands(participants: Participant[]): Participant[] {
  return participants
    .filter((person) => person.handRaisedAt !== null)
    .sort((left, right) => (left.handRaisedAt ?? "").localeCompare(right.handRaisedAt ?? ""));
}

/** 1 for the first in the queue; null while the hand is down. */
export function handPlace(participants: Participant[], participantId: string): number | null {
  const index = raisedHands(participants).findIndex((person) => person.participantId === participantId);
  return index === -1 ? null : index + 1;
}
