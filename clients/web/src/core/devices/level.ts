/** Loudness of the microphone while somebody looks. */
import { createStore } from "../store";
import type { DevicesState, Store } from "../types";
import { audioContext } from "./audio-context";

const INTERVAL_MS = 66;
const FLOOR_DB = -60;

export function createLevel(devices: Store<DevicesState>): Store<number> {
  const level = createStore(0, () => {
    let stopMeter = meter(devices.get(), level.set);
    let track = devices.get().microphoneTrack;
    const unsubscribe = devices.subscribe(() => {
      const next = devices.get().microphoneTrack;
      if (next === track) return;
      track = next;
      stopMeter();
      stopMeter = meter(devices.get(), level.set);
    });
    return () => {
      unsubscribe();
      stopMeter();
      level.set(0);
    };
  });
  return level;
}

function meter({ microphoneTrack }: DevicesState, tell: (level: number) => void): () => void {
  tell(0);
  if (microphoneTrack === null) return () => undefined;
  const context = audioContext();
  const source = context.createMediaStreamSource(new MediaStream([microphoneTrack]));
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(microphoneTrack.enabled ? loudness(samples) : 0);
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}

/** 0 at -60 dBFS and below, 1 at full scale: about as loud as it seems. */
export function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  if (power === 0) return 0;
  const db = 10 * Math.log10(power);
  return Math.min(1, Math.max(0, Math.round((1 - db / FLOOR_DB) * 100) / 100));
}
