/**
 * The order of tiles. People find each other by place, so a tile moves only when the set of visible ones changes:
 * somebody who must be seen (speaks) and isn't takes the place of the visible one who matters least.
 */

interface Arrangement {
  /** The order so far, by id. */
  previous: string[];
  /** Everybody who is here, in order of arrival. */
  present: string[];
  /** Who must be seen, most important first: speakers. */
  important: string[];
  /** Who never leaves the first page: oneself. */
  fixed: string[];
  /** Tiles on the first page. */
  capacity: number;
}

/** The new order: those who stay keep their places, newcomers go last, the important come into the first page. */
export function arrange({ previous, present, important, fixed, capacity }: Arrangement): string[] {
  const here = new Set(present);
  const known = new Set(previous);
  const order = fillGaps(previous, here, capacity);
  order.push(...present.filter((id) => !known.has(id)));
  return bringForward(order, { important: important.filter((id) => here.has(id)), fixed, capacity });
}

/** On the first page a gap is filled by the next one waiting, so that no visible tile shifts. */
function fillGaps(previous: string[], here: Set<string>, capacity: number): string[] {
  const first = previous.slice(0, capacity);
  const waiting = previous.slice(capacity).filter((id) => here.has(id));
  const filled: string[] = [];
  for (const id of first) {
    const occupant = here.has(id) ? id : waiting.shift();
    if (occupant !== undefined) filled.push(occupant);
  }
  return [...filled, ...waiting];
}

function bringForward(
  order: string[],
  { important, fixed, capacity }: Pick<Arrangement, "important" | "fixed" | "capacity">,
): string[] {
  const wanted = [...fixed.filter((id) => order.includes(id)), ...important].slice(0, capacity);
  const keep = new Set(wanted);
  for (const id of wanted) {
    const from = order.indexOf(id);
    if (from < capacity) continue;
    const to = lastIndexWhere(order.slice(0, capacity), (candidate) => !keep.has(candidate));
    if (to === -1) break;
    const leaving = order[to];
    if (leaving === undefined) break;
    order[to] = id;
    order[from] = leaving;
  }
  return order;
}

function lastIndexWhere(ids: string[], test: (id: string) => boolean): number {
  for (let index = ids.length - 1; index >= 0; index -= 1) {
    if (test(ids[index] ?? "")) return index;
  }
  return -1;
}

/** Who is large in the speaker view: the loudest other person, else whoever was, else the first other, else oneself. */
export function nextSpeaker(previous: string | null, speakers: string[], others: string[], selfId: string | null) {
  const loudest = speakers.find((id) => others.includes(id));
  if (loudest !== undefined) return loudest;
  if (previous !== null && others.includes(previous)) return previous;
  return others[0] ?? selfId;
}
