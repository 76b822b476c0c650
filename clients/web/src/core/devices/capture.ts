/** Opens one microphone or camera. */
import type { DeviceProblem } from "../types";
import { deviceProblemOf } from "./problem";

export type DeviceKind = "microphone" | "camera";

export type Captured = { track: MediaStreamTrack; problem: null } | { track: null; problem: DeviceProblem };

const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/** Prefers the device chosen last; takes another one when that is not there. */
export async function capture(kind: DeviceKind, deviceId: string | null): Promise<Captured> {
  // The browser leaves mediaDevices out on pages without HTTPS.
  const mediaDevices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (mediaDevices === undefined) return { track: null, problem: "insecure" };
  const device = deviceId === null ? {} : { deviceId: { ideal: deviceId } };
  try {
    const stream = await mediaDevices.getUserMedia(
      kind === "microphone" ? { audio: { ...MICROPHONE, ...device } } : { video: { ...CAMERA, ...device } },
    );
    const [track] = stream.getTracks();
    return track === undefined ? { track: null, problem: "missing" } : { track, problem: null };
  } catch (error) {
    return { track: null, problem: deviceProblemOf(error) };
  }
}

export async function listDevices(): Promise<MediaDeviceInfo[]> {
  const mediaDevices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  try {
    return (await mediaDevices?.enumerateDevices()) ?? [];
  } catch {
    return [];
  }
}
