/** Brings what the person switches on to the media connection, and tells the room about it. */
import type { MediaLink } from "../media/link";
import type { ScreenShare } from "../media/screen-share";
import type { SelfUpdate } from "../protocol";
import type { Devices, Source } from "../types";

type Sources = Required<Pick<SelfUpdate, "microphone" | "camera" | "screen" | "screen_audio">>;

export interface LocalMedia {
  /** A new session knows nothing of us. */
  announceAll(): void;
  close(): void;
}

export function createLocalMedia(
  devices: Devices,
  screen: ScreenShare,
  link: MediaLink,
  blocked: () => readonly Source[],
  announce: (change: SelfUpdate) => void,
): LocalMedia {
  let announced: Sources | null = null;

  function sources(): Sources {
    const { microphoneOn, cameraOn, microphoneTrack, cameraTrack } = devices.state.get();
    const shared = screen.tracks.get();
    const may = (source: Source): boolean => !blocked().includes(source);
    return {
      microphone: microphoneOn && microphoneTrack !== null && may("microphone"),
      camera: cameraOn && cameraTrack !== null && may("camera"),
      screen: shared !== null && may("screen"),
      screen_audio: shared?.audio != null && may("screen_audio"),
    };
  }

  function onChange(): void {
    const shared = screen.tracks.get();
    link.setTrack("microphone", devices.state.get().microphoneTrack);
    link.setTrack("camera", devices.state.get().cameraTrack);
    link.setTrack("screen", shared?.video ?? null);
    link.setTrack("screen_audio", shared?.audio ?? null);
    if (announced === null) return;
    const present = sources();
    const changes = Object.entries(present).filter(([source, on]) => announced?.[source as keyof Sources] !== on);
    if (changes.length === 0) return;
    announced = present;
    announce(Object.fromEntries(changes));
  }

  const stop = [devices.state.subscribe(onChange), screen.tracks.subscribe(onChange)];
  onChange();
  return {
    announceAll() {
      announced = sources();
      announce({ ...announced });
    },
    close() {
      for (const unsubscribe of stop) unsubscribe();
      screen.stop();
    },
  };
}
