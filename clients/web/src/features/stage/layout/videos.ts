/** Which of the visible tiles get a picture: the engine sends nine videos at most. */
import type { TileRequest } from "../../../core/types";
import type { StageTile } from "./stage-layout";

export const MAX_VIDEOS = 9;

interface Wish {
  tiles: StageTile[];
  /** Is this source on? */
  isSending: (tile: StageTile) => boolean;
  speakers: string[];
  devicePixelRatio: number;
}

/** The large tile first, then screens, then speakers, then by place; each with its width in device pixels. */
export function chooseVideos({ tiles, isSending, speakers, devicePixelRatio }: Wish): TileRequest[] {
  const rank = (tile: StageTile): number => {
    if (tile.place === "main") return 0;
    if (tile.source === "screen") return 1;
    const spoken = speakers.indexOf(tile.participantId);
    return spoken === -1 ? 1000 : 2 + spoken;
  };
  return tiles
    .filter((tile) => !tile.isSelf && isSending(tile))
    .map((tile, index) => ({ tile, index }))
    .sort((left, right) => rank(left.tile) - rank(right.tile) || left.index - right.index)
    .slice(0, MAX_VIDEOS)
    .map(({ tile }) => ({
      participantId: tile.participantId,
      source: tile.source,
      width: Math.round(tile.rect.width * devicePixelRatio),
    }));
}
