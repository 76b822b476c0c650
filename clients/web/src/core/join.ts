/** Joining: who this device is, the ticket over HTTP, then a session. */
import { enterBreakout } from "./breakouts/http";
import { createJourney } from "./breakouts/journey";
import type { HttpClient } from "./http/client";
import type { Attendance, Joined } from "./http/meetings";
import { fetchBans, fetchIceServers, joinMeeting } from "./http/meetings";
import type { DeviceIdentity } from "./identity";
import { claimDevice } from "./identity";
import type { Persistence } from "./persistence";
import { createMeetingSession } from "./session/meeting-session";
import type { Core, Devices, JoinInput, MeetingSession } from "./types";

interface JoinParts {
  http: HttpClient;
  devices: Devices;
  persistence: Persistence;
  attendances: Map<string, Attendance>;
}

declare global {
  interface Window {
    /** The live meeting: for support and for tests. */
    __meeting?: MeetingSession;
  }
}

export function createJoin(parts: JoinParts): Core["join"] {
  return async (input) => {
    const identity = await claimDevice(parts.persistence);
    try {
      const joined = await requestJoin(parts, input, identity);
      const journey = createJourney(journeyOf(parts, { ...input, reference: joined.meetingId }, joined, identity));
      const session = joined.leaveUrl === undefined ? journey : { ...journey, leaveUrl: joined.leaveUrl };
      window.__meeting = session;
      return session;
    } catch (error) {
      identity.release();
      throw error;
    }
  };
}

/** The main room, and the ways to its breakouts and back. Devices and identity are the same in all of them. */
function journeyOf(parts: JoinParts, input: JoinInput, main: Joined, identity: DeviceIdentity): Parameters<typeof createJourney>[0] {
  const kept = { identity: { ...identity, release: () => undefined }, devices: { ...parts.devices, release: () => undefined } };
  const openRoom = (joined: Joined, rejoin: () => Promise<Joined>, isMove: boolean): MeetingSession =>
    createMeetingSession({
      ...kept,
      joined,
      homeId: main.participantId,
      isMove,
      iceServers: joined.iceServers ?? [],
      fetchIceServers: () => fetchIceServers(parts.http, joined.meetingId, parts.attendances.get(joined.meetingId)),
      fetchBans: () => fetchBans(parts.http, joined.meetingId, parts.attendances.get(joined.meetingId)),
      rejoin,
      tellLeft: () => tellLeft(parts, joined.meetingId, identity),
    });
  const rejoin = () => requestJoin(parts, input, identity);
  return {
    first: openRoom(main, rejoin, false),
    async open(breakoutId) {
      const join = breakoutId === null ? rejoin : () => requestEntry(parts, main.meetingId, breakoutId, identity);
      return openRoom(await join(), join, true);
    },
    release() {
      parts.devices.release();
      identity.release();
    },
  };
}

async function requestEntry(parts: JoinParts, meetingId: string, breakoutId: string, { deviceId }: DeviceIdentity): Promise<Joined> {
  const joined = await enterBreakout(parts.http, { meetingId, breakoutId, deviceId }, parts.attendances.get(meetingId));
  const guestToken = joined.guestToken ?? null;
  parts.attendances.set(joined.meetingId, { participantId: joined.participantId, guestToken });
  return joined;
}

/** A guest who joins again proves with their token who they were. */
async function requestJoin(parts: JoinParts, input: JoinInput, { deviceId }: DeviceIdentity): Promise<Joined> {
  const { reference, displayName, password, passCode } = input;
  const attendance = parts.attendances.get(reference);
  const joined = await joinMeeting(parts.http, { reference, displayName, password, passCode, deviceId }, attendance);
  const guestToken = joined.guestToken ?? attendance?.guestToken ?? null;
  parts.attendances.set(joined.meetingId, { participantId: joined.participantId, guestToken });
  return joined;
}

async function tellLeft({ http, attendances }: JoinParts, meetingId: string, { deviceId }: DeviceIdentity): Promise<void> {
  const guestToken = attendances.get(meetingId)?.guestToken ?? null;
  const token = guestToken === null ? {} : { token: guestToken };
  await http.post(`/meetings/${meetingId}/leave`, { device_id: deviceId }, { keepalive: true, ...token });
}
