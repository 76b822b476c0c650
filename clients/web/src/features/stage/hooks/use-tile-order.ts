/** Remembers the order of tiles and who was large, so that both change as rarely as possible. */
import { useState } from "react";

import { useView } from "../../../ui/meeting";
import { arrange, nextSpeaker } from "../layout/order";

function same(left: string[], right: string[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}

/** The person who is large in the speaker view. */
export function useActiveSpeaker(): string | null {
  const participants = useView((view) => view.participants);
  const speakers = useView((view) => view.speakers);
  const selfId = useView((view) => view.selfId);
  const [speaker, setSpeaker] = useState<string | null>(null);
  const others = participants.filter((person) => !person.isSelf).map((person) => person.participantId);
  const next = nextSpeaker(speaker, speakers, others, selfId);
  if (next !== speaker) setSpeaker(next);
  return next;
}

/** The order of tiles of which `capacity` are visible at first. */
export function useTileOrder(capacity: number): string[] {
  const participants = useView((view) => view.participants);
  const speakers = useView((view) => view.speakers);
  const selfId = useView((view) => view.selfId);
  const [order, setOrder] = useState<string[]>([]);
  const next = arrange({
    previous: order,
    present: participants.map((person) => person.participantId),
    important: speakers,
    fixed: selfId === null ? [] : [selfId],
    capacity,
  });
  if (same(order, next)) return order;
  setOrder(next);
  return next;
}
