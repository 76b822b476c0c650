/** The stage: everybody who is visible, and what is shared. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useView } from "../../../ui/meeting";
import { useSize } from "../../../ui/use-size";
import { useStageLayout } from "../hooks/use-stage-layout";
import { useTileRequests } from "../hooks/use-tile-requests";
import { tileId } from "../layout/stage-layout";
import type { TileName, ViewMode } from "../layout/stage-layout";
import { Pager } from "./pager";
import { Tile } from "./tile";
import "./stage.css";

interface StageProps {
  mode: ViewMode;
  pinned: TileName | null;
  onPin: (tile: TileName | null) => void;
}

export function Stage({ mode, pinned, onPin }: StageProps) {
  const { t } = useTranslation();
  const [element, setElement] = useState<HTMLElement | null>(null);
  const size = useSize(element);
  const participants = useView((view) => view.participants);
  const { tiles, page, pages, hidden, goTo } = useStageLayout(size, mode, pinned);
  useTileRequests(tiles);
  const main = tiles.find((tile) => tile.place === "main");
  const pinnedId = pinned === null ? null : tileId(pinned);
  return (
    <div className="stage">
      <div className="stage-tiles" ref={setElement}>
        {size.width === 0
          ? null
          : tiles.map((tile) => {
              const person = participants.find((candidate) => candidate.participantId === tile.participantId);
              if (person === undefined) return null;
              return <Tile key={tile.id} tile={tile} person={person} isPinned={tile.id === pinnedId} onPin={onPin} />;
            })}
        {hidden > 0 && main !== undefined ? (
          <p className="stage-hidden" style={{ insetInlineStart: main.rect.x + main.rect.width, insetBlockStart: main.rect.y + main.rect.height }}>
            {t("room.moreHidden", { count: hidden })}
          </p>
        ) : null}
      </div>
      {pages > 1 ? <Pager page={page} pages={pages} onChange={goTo} /> : null}
    </div>
  );
}
