/**
 * Sends a track, a picture in the layers that it is worth and that somebody wants. A line without a track is
 * inactive: else browsers count it among what they send, give it a share of a narrow path and fill that with padding.
 */
import { layersFor } from "./layers";

export interface TrackSender {
  /** Sends a track, or nothing. All layers of a picture that begins are wanted, until the server says otherwise. */
  place(track: MediaStreamTrack | null): Promise<void>;
  /** How many layers somebody wants, counted from the smallest; 0: nobody watches. */
  want(layers: number): void;
}

export const USUAL_HEIGHT = 720;

/** `isLayered`: the sizes of its layers follow the picture's. */
export function createTrackSender(sender: RTCRtpSender, isLayered: boolean): TrackSender {
  let track: MediaStreamTrack | null = null;
  let wanted = Infinity;
  let changed: Promise<void> = Promise.resolve();

  /** One change after the other: a browser refuses the second of two at once. */
  function change(): Promise<void> {
    changed = changed.catch(() => undefined).then(apply);
    return changed;
  }

  async function apply(): Promise<void> {
    if (track !== null) await setLayers(sender, isLayered ? heightOf(track) : null, wanted);
    if (sender.track !== track) await sender.replaceTrack(track);
    // What is inactive in an offer is offered as paused: so not before it has been agreed on.
    if (track === null && sender.transport !== null) await setLayers(sender, null, 0);
  }

  return {
    place(next) {
      if (track === null) wanted = Infinity;
      track = next;
      return change();
    },
    want(layers) {
      wanted = layers;
      change().catch(() => undefined); // closed meanwhile
    },
  };
}

/** Firefox takes nothing before the first negotiation: what a browser refuses is tried again with the next wish. */
async function setLayers(sender: RTCRtpSender, height: number | null, wanted: number): Promise<void> {
  const parameters = sender.getParameters();
  const before = JSON.stringify(parameters.encodings);
  const layers = height === null ? [] : layersFor(height);
  for (const [index, encoding] of parameters.encodings.entries()) {
    const found = layers.findIndex(({ rid }) => rid === encoding.rid);
    const number = found === -1 ? index : found;
    const layer = { active: true, ...layers[found] };
    Object.assign(encoding, layer, { active: layer.active && number < wanted });
  }
  if (JSON.stringify(parameters.encodings) === before) return;
  await sender.setParameters(parameters).catch(() => undefined);
}

function heightOf(track: MediaStreamTrack): number {
  const { width = 0, height = USUAL_HEIGHT } = track.getSettings();
  return width === 0 ? height : Math.min(width, height); // a phone held upright has 720 columns
}
