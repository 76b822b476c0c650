/** Joining: who this device is, the ticket over HTTP, then a session. */
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
      const session = createMeetingSession({
        joined,
        identity,
        devices: parts.devices,
        iceServers: joined.iceServers ?? [],
        fetchIceServers: () => fetchIceServers(parts.http, joined.meetingId, parts.attendances.get(joined.meetingId)),
        fetchBans: () => fetchBans(parts.http, joined.meetingId, parts.attendances.get(joined.meetingId)),
        rejoin: () => requestJoin(parts, { ...input, reference: joined.meetingId }, identity),
        tellLeft: () => tellLeft(parts, joined.meetingId, identity),
      });
      window.__meeting = session;
      return session;
    } catch (error) {
      identity.release();
      throw error;
    }
  };
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
