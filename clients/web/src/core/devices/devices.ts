/**
 * Owns the local tracks, before and during a meeting. What was chosen lasts: before the first track is opened,
 * `microphoneOn` and `cameraOn` say what the person had last time.
 */
import type { Persistence } from "../persistence";
import { createStore } from "../store";
import type { Devices, DevicesState } from "../types";
import type { DeviceKind } from "./capture";
import { capture, listDevices } from "./capture";
import { createLevel } from "./level";
import { playTestSound } from "./test-sound";

export function createDevices(persistence: Persistence): Devices {
  const state = createStore<DevicesState>({
    microphones: [],
    cameras: [],
    speakers: [],
    microphoneId: persistence.read("microphone"),
    cameraId: persistence.read("camera"),
    speakerId: persistence.read("speaker"),
    microphoneOn: persistence.read("microphone-on") !== "no",
    cameraOn: persistence.read("camera-on") !== "no",
    microphoneTrack: null,
    cameraTrack: null,
    microphoneProblem: null,
    cameraProblem: null,
  });
  /** Grows with each wish about a device, so that a slow answer to an older one is thrown away. */
  const wishes: Record<DeviceKind, number> = { microphone: 0, camera: 0 };

  function change(changes: Partial<DevicesState>): void {
    state.set({ ...state.get(), ...changes });
  }

  async function refreshList(): Promise<void> {
    const devices = await listDevices();
    const ofKind = (kind: MediaDeviceKind) => devices.filter((device) => device.kind === kind && device.deviceId !== "");
    change({ microphones: ofKind("audioinput"), cameras: ofKind("videoinput"), speakers: ofKind("audiooutput") });
  }

  function close(kind: DeviceKind): void {
    const track = state.get()[`${kind}Track`];
    if (track === null) return;
    track.onended = null;
    track.stop();
    change({ [`${kind}Track`]: null });
  }

  /** Opens the chosen device; the one open before is closed when the new one is there. */
  async function open(kind: DeviceKind): Promise<void> {
    const wish = ++wishes[kind];
    const { track, problem } = await capture(kind, state.get()[`${kind}Id`]);
    if (wish !== wishes[kind]) {
      track?.stop();
      return;
    }
    close(kind);
    if (track !== null) track.onended = () => lost(kind);
    const chosen = track?.getSettings().deviceId;
    change({
      [`${kind}Track`]: track,
      [`${kind}Problem`]: problem,
      [`${kind}On`]: track !== null,
      ...(chosen === undefined ? {} : { [`${kind}Id`]: chosen }),
    });
    await refreshList(); // names are known only after a permission
  }

  /** Unplugged, or taken away by the system. */
  function lost(kind: DeviceKind): void {
    close(kind);
    change({ [`${kind}On`]: false, [`${kind}Problem`]: "missing" });
  }

  async function setMicrophoneOn(on: boolean): Promise<void> {
    remember("microphone", on);
    const { microphoneTrack } = state.get();
    if (on && microphoneTrack === null) {
      await open("microphone");
      return;
    }
    if (!on) wishes.microphone++;
    // The device stays open, so that unmuting is instant.
    if (microphoneTrack !== null) microphoneTrack.enabled = on;
    change({ microphoneOn: on });
  }

  async function setCameraOn(on: boolean): Promise<void> {
    remember("camera", on);
    if (on) {
      if (state.get().cameraTrack === null) await open("camera");
      return;
    }
    wishes.camera++;
    close("camera");
    change({ cameraOn: false });
  }

  function remember(kind: DeviceKind, on: boolean): void {
    persistence.write(`${kind}-on`, on ? null : "no");
  }

  async function choose(kind: DeviceKind, id: string): Promise<void> {
    persistence.write(kind, id);
    const track = state.get()[`${kind}Track`];
    const on = state.get()[`${kind}On`];
    change({ [`${kind}Id`]: id });
    if (track === null) return;
    await open(kind);
    if (!on) await setMicrophoneOn(false); // a camera that is off has no track
  }

  watchPlugs(() => void refreshList());
  return {
    state,
    level: createLevel(state),
    setMicrophoneOn,
    setCameraOn,
    chooseMicrophone: (id) => choose("microphone", id),
    chooseCamera: (id) => choose("camera", id),
    chooseSpeaker: (id) => {
      persistence.write("speaker", id);
      change({ speakerId: id });
      return Promise.resolve();
    },
    playTestSound: () => playTestSound(state.get().speakerId),
    release() {
      for (const kind of ["microphone", "camera"] as const) {
        wishes[kind]++;
        close(kind);
        change({ [`${kind}On`]: persistence.read(`${kind}-on`) !== "no" });
      }
    },
  };
}

function watchPlugs(onChange: () => void): void {
  onChange();
  const mediaDevices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  mediaDevices?.addEventListener("devicechange", onChange);
}
