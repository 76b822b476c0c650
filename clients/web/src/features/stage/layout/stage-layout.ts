/** Puts it together: from who is here and what is wanted to the tiles that are visible and where they lie. */
import type { Participant } from "../../../core/types";
import { gridRects, pageCapacity, pageCount } from "./grid";
import type { Rect, Size } from "./grid";
import { filmCapacity, speakerRects } from "./speaker";

export type ViewMode = "grid" | "speaker";

export interface TileName {
  participantId: string;
  source: "camera" | "screen";
}

export interface StageTile extends TileName {
  id: string;
  isSelf: boolean;
  place: "main" | "film" | "grid";
  rect: Rect;
}

export interface StageLayout {
  tiles: StageTile[];
  page: number;
  pages: number;
  /** Those for whom the strip beside the large tile has no room. */
  hidden: number;
}

export function tileId({ participantId, source }: TileName): string {
  return `${participantId}-${source}`;
}

/** Screens of others, in order of arrival; one's own is not shown back to oneself. */
export function sharedScreens(participants: Participant[]): TileName[] {
  return participants
    .filter((person) => person.screen && !person.isSelf)
    .map(({ participantId }) => ({ participantId, source: "screen" }));
}

/** What is large: what one pinned while it exists, else a shared screen, else whom a host put into the spotlight,
 * else in the speaker view the speaker. */
export function chooseMain(input: {
  pinned: TileName | null;
  screens: TileName[];
  present: string[];
  mode: ViewMode;
  speaker: string | null;
  spotlight: string | null;
}): TileName | null {
  const { pinned, screens, present, mode, speaker, spotlight } = input;
  if (pinned !== null && (pinned.source === "screen" ? includes(screens, pinned) : present.includes(pinned.participantId)))
    return pinned;
  const latest = screens.at(-1);
  if (latest !== undefined) return latest;
  if (spotlight !== null && present.includes(spotlight)) return { participantId: spotlight, source: "camera" };
  return mode === "speaker" && speaker !== null ? { participantId: speaker, source: "camera" } : null;
}

function includes(tiles: TileName[], wanted: TileName): boolean {
  return tiles.some((tile) => tileId(tile) === tileId(wanted));
}

/** How many cameras are visible at first: the page of the grid, or the strip. */
export function visibleCapacity(stage: Size, main: TileName | null): number {
  return main === null ? pageCapacity(stage) : filmCapacity(stage);
}

interface LayoutInput {
  stage: Size;
  main: TileName | null;
  screens: TileName[];
  /** Participants in the order of their tiles. */
  order: string[];
  selfId: string | null;
  page: number;
}

export function layoutStage(input: LayoutInput): StageLayout {
  return input.main === null ? layoutGrid(input) : layoutSpeaker(input, input.main);
}

function layoutGrid({ stage, order, selfId, page }: LayoutInput): StageLayout {
  const capacity = pageCapacity(stage);
  const pages = pageCount(order.length, capacity);
  const current = Math.min(page, pages - 1);
  const visible = order.slice(current * capacity, (current + 1) * capacity);
  const rects = gridRects(visible.length, stage);
  const tiles = visible.map((id, index) => named({ participantId: id, source: "camera" }, "grid", rects[index], selfId));
  return { tiles, page: current, pages, hidden: 0 };
}

function layoutSpeaker({ stage, screens, order, selfId }: LayoutInput, main: TileName): StageLayout {
  const mainId = tileId(main);
  const cameras: TileName[] = order.map((participantId) => ({ participantId, source: "camera" }));
  const others = [...screens, ...cameras].filter((tile) => tileId(tile) !== mainId);
  const rects = speakerRects(others.length, stage, main.source === "screen");
  const film = others.slice(0, rects.film.length);
  return {
    tiles: [
      named(main, "main", rects.main, selfId),
      ...film.map((tile, index) => named(tile, "film", rects.film[index], selfId)),
    ],
    page: 0,
    pages: 1,
    hidden: others.length - film.length,
  };
}

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

function named(name: TileName, place: StageTile["place"], rect: Rect | undefined, selfId: string | null): StageTile {
  return { ...name, id: tileId(name), isSelf: name.participantId === selfId, place, rect: rect ?? NOWHERE };
}
