/** From the meeting, the size of the stage and the person's wishes to tiles in their places. */
import { useMemo, useState } from "react";

import { useView } from "../../../ui/meeting";
import type { Size } from "../layout/grid";
import { chooseMain, layoutStage, sharedScreens, visibleCapacity } from "../layout/stage-layout";
import type { StageLayout, TileName, ViewMode } from "../layout/stage-layout";
import { useActiveSpeaker, useTileOrder } from "./use-tile-order";

interface StagePages extends StageLayout {
  goTo: (page: number) => void;
}

export function useStageLayout(stage: Size, mode: ViewMode, pinned: TileName | null): StagePages {
  const participants = useView((view) => view.participants);
  const selfId = useView((view) => view.selfId);
  const spotlight = useView((view) => view.meeting?.spotlight ?? null);
  const speaker = useActiveSpeaker();
  const [page, setPage] = useState(0);
  const screens = useMemo(() => sharedScreens(participants), [participants]);
  const main = chooseMain({
    pinned,
    screens,
    present: participants.map((person) => person.participantId),
    mode,
    speaker,
    spotlight,
  });
  const order = useTileOrder(visibleCapacity(stage, main));
  const layout = layoutStage({ stage, main, screens, order, selfId, page });
  return { ...layout, goTo: setPage };
}
