/** Plays the sound of the receive slots: hidden elements, the chosen speaker, and patience with autoplay rules. */
import { onNextGesture } from "../devices/audio-context";
import type { DevicesState, Store } from "../types";
import type { Lines } from "./lines";

export interface Playback {
  close(): void;
}

export function createPlayback(lines: Store<Lines | null>, devices: Store<DevicesState>): Playback {
  const players: HTMLAudioElement[] = [];

  function attach(): void {
    const slots = lines.get()?.audioSlots ?? [];
    while (players.length < slots.length) players.push(createPlayer());
    players.forEach((player, index) => {
      const track = slots[index]?.receiver.track;
      player.srcObject = track === undefined ? null : new MediaStream([track]);
      if (track !== undefined) play(player);
    });
    chooseSpeaker();
  }

  function chooseSpeaker(): void {
    const { speakerId } = devices.get();
    if (speakerId === null) return;
    for (const player of players) {
      // Firefox before 116 and Safari play where the system says. A speaker that is gone: the default one.
      if ("setSinkId" in player && player.sinkId !== speakerId) player.setSinkId(speakerId).catch(() => undefined);
    }
  }

  const stop = [lines.subscribe(attach), devices.subscribe(chooseSpeaker)];
  attach();
  return {
    close() {
      for (const unsubscribe of stop) unsubscribe();
      for (const player of players) {
        player.srcObject = null;
        player.remove();
      }
    },
  };
}

function createPlayer(): HTMLAudioElement {
  const player = document.createElement("audio");
  player.autoplay = true;
  player.hidden = true;
  document.body.append(player);
  return player;
}

function play(player: HTMLAudioElement): void {
  player.play().catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "NotAllowedError") onNextGesture(() => play(player));
  });
}
