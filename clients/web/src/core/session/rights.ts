/** Keeps what is switched on within what one may send: the server forwards nothing else anyway. */
import type { ScreenShare } from "../media/screen-share";
import { ProblemError } from "../problem";
import { blockedIn } from "../room/rights";
import type { RoomState } from "../room/state";
import { findParticipant } from "../room/state";
import type { Devices, Source, Store } from "../types";

export interface Rights {
  blocked(): readonly Source[];
  close(): void;
}

interface RightsParts {
  room: Store<RoomState>;
  devices: Devices;
  screen: ScreenShare;
  switchOff: (source: Source) => Promise<void>;
  /** The person wanted what is not theirs to decide. */
  refuse: (problem: ProblemError) => void;
}

export function keepRights({ room, devices, screen, switchOff, refuse }: RightsParts): Rights {
  const isOn = (source: Source): boolean => {
    const { microphoneOn, cameraOn } = devices.state.get();
    if (source === "microphone") return microphoneOn;
    return source === "camera" ? cameraOn : screen.tracks.get() !== null;
  };
  const stopBlocked = (): Source[] => {
    const stopped = blockedIn(room.get()).filter(isOn);
    for (const source of stopped) void switchOff(source);
    return stopped;
  };
  /** Asked for by the person, so told to the person. */
  const onWish = (): void => {
    const [source] = stopBlocked();
    if (source !== undefined) refuse(new ProblemError({ code: refusalOf(room.get(), source) }));
  };
  const stop = [room.subscribe(() => void stopBlocked()), devices.state.subscribe(onWish), screen.tracks.subscribe(onWish)];
  return {
    blocked: () => blockedIn(room.get()),
    close: () => stop.forEach((unsubscribe) => unsubscribe()),
  };
}

function refusalOf(room: RoomState, source: Source): string {
  if (room.meeting?.frozen === true) return "meeting_frozen";
  if (findParticipant(room, room.selfId ?? "")?.role === "observer") return "publishing_blocked";
  if (source === "camera") return "camera_blocked";
  return source === "microphone" ? "unmute_blocked" : "sharing_blocked";
}
