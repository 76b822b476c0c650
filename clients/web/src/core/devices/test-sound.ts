/** A short chord to find out which speaker plays. */
import { audioContext } from "./audio-context";

const NOTES_HZ = [523.25, 659.25, 783.99];
const NOTE_S = 0.18;

export async function playTestSound(speakerId: string | null): Promise<void> {
  const context = audioContext();
  const output = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = output.stream;
  if (speakerId !== null && "setSinkId" in player) await player.setSinkId(speakerId).catch(() => undefined);
  const endS = NOTES_HZ.reduce((startS, frequency) => playNote(context, output, frequency, startS), context.currentTime);
  await player.play();
  await new Promise((resolve) => setTimeout(resolve, (endS - context.currentTime) * 1000 + 300));
  player.srcObject = null;
}

function playNote(context: AudioContext, output: AudioNode, frequency: number, startS: number): number {
  const endS = startS + NOTE_S;
  const loud = new GainNode(context, { gain: 0 });
  loud.gain.setTargetAtTime(0.3, startS, 0.01);
  loud.gain.setTargetAtTime(0, endS - 0.06, 0.02);
  const tone = new OscillatorNode(context, { frequency });
  tone.connect(loud).connect(output);
  tone.start(startS);
  tone.stop(endS);
  return endS;
}
