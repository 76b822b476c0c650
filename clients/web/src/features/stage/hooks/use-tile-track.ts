/** The picture of a tile: one's own from the camera, others' from the connection. */
import { useCore, useSelected, useStore } from "../../../ui/core";
import { useSession } from "../../../ui/meeting";
import type { StageTile } from "../layout/stage-layout";

export function useTileTrack(tile: StageTile): MediaStreamTrack | null {
  const { devices } = useCore();
  const session = useSession();
  const ownCamera = useSelected(devices.state, (state) => (state.cameraOn ? state.cameraTrack : null));
  useStore(session.tilesChanged);
  if (tile.isSelf && tile.source === "camera") return ownCamera;
  return session.videoTrack(tile.participantId, tile.source);
}
