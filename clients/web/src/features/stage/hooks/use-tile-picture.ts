/** The picture of a tile: one's own from the camera, others' from the connection. */
import { useCore, useSelected, useStore } from "../../../ui/core";
import { useSession } from "../../../ui/meeting";
import type { StageTile } from "../layout/stage-layout";

interface TilePicture {
  track: MediaStreamTrack | null;
  /** The server holds it back: this connection is too slow for it. */
  isPaused: boolean;
}

export function useTilePicture(tile: StageTile): TilePicture {
  const { devices } = useCore();
  const session = useSession();
  const ownCamera = useSelected(devices.state, (state) => (state.cameraOn ? state.cameraTrack : null));
  useStore(session.tilesChanged);
  if (tile.isSelf && tile.source === "camera") return { track: ownCamera, isPaused: false };
  return {
    track: session.videoTrack(tile.participantId, tile.source),
    isPaused: session.isVideoPaused(tile.participantId, tile.source),
  };
}
