/** The picture of a tile: one's own from the camera, others' from the connection. */
import type { PauseReason } from "../../../core/types";
import { useCore, useSelected, useStore } from "../../../ui/core";
import { useSession } from "../../../ui/meeting";
import type { StageTile } from "../layout/stage-layout";

interface TilePicture {
  track: MediaStreamTrack | null;
  /** Why the server holds it back; null: it does not. */
  pause: PauseReason | null;
}

export function useTilePicture(tile: StageTile): TilePicture {
  const { devices } = useCore();
  const session = useSession();
  const ownCamera = useSelected(devices.state, (state) => (state.cameraOn ? state.cameraTrack : null));
  useStore(session.tilesChanged);
  if (tile.isSelf && tile.source === "camera") return { track: ownCamera, pause: null };
  return {
    track: session.videoTrack(tile.participantId, tile.source),
    pause: session.videoPause(tile.participantId, tile.source),
  };
}
