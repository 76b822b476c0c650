/** Tells the core which pictures are visible and how wide; the core debounces. */
import { useEffect } from "react";

import { useSession, useView } from "../../../ui/meeting";
import type { StageTile } from "../layout/stage-layout";
import { chooseVideos } from "../layout/videos";

export function useTileRequests(tiles: StageTile[]): void {
  const session = useSession();
  const participants = useView((view) => view.participants);
  const speakers = useView((view) => view.speakers);
  const requests = chooseVideos({
    tiles,
    speakers,
    devicePixelRatio: window.devicePixelRatio,
    isSending: ({ participantId, source }) =>
      participants.some((person) => person.participantId === participantId && person[source]),
  });
  // Compared by content: a render that changes nothing asks for nothing.
  const wish = JSON.stringify(requests);
  useEffect(() => {
    session.setTiles(JSON.parse(wish) as typeof requests);
  }, [session, wish]);
  useEffect(() => () => session.setTiles([]), [session]);
}
