/** Shares a screen, window or tab, with its sound where the browser gives it. */
import { ProblemError } from "../problem";
import { createStore } from "../store";
import type { Store } from "../types";

interface ScreenTracks {
  video: MediaStreamTrack;
  audio: MediaStreamTrack | null;
}

export interface ScreenShare {
  tracks: Store<ScreenTracks | null>;
  /** Asks the person what to share; does nothing when they change their mind. */
  start(): Promise<void>;
  stop(): void;
}

export function createScreenShare(): ScreenShare {
  const tracks = createStore<ScreenTracks | null>(null);

  function stop(): void {
    const present = tracks.get();
    if (present === null) return;
    present.video.onended = null;
    present.video.stop();
    present.audio?.stop();
    tracks.set(null);
  }

  return {
    tracks,
    stop,
    async start() {
      const stream = await pickScreen();
      const video = stream?.getVideoTracks()[0];
      if (stream === null || video === undefined) return;
      stop();
      video.contentHint = "detail"; // text stays sharp when bits are short
      video.onended = stop; // the browser's own "stop sharing"
      tracks.set({ video, audio: stream.getAudioTracks()[0] ?? null });
    },
  };
}

/** Text needs sharpness more than smoothness, and encoding a whole screen is costly. */
const FRAME_RATE = { ideal: 15, max: 30 };

async function pickScreen(): Promise<MediaStream | null> {
  // Absent on phones and on pages without HTTPS.
  const mediaDevices = (navigator as { mediaDevices?: Partial<MediaDevices> }).mediaDevices;
  if (mediaDevices?.getDisplayMedia === undefined) throw new ProblemError({ code: "screen_share_unsupported" });
  try {
    return await mediaDevices.getDisplayMedia({ video: { frameRate: FRAME_RATE }, audio: true });
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") return null;
    throw new ProblemError({ code: "screen_share_failed", detail: String(error) });
  }
}
