/** Meetings over HTTP. */
import type { Meetings, MeetingPreview, MeetingRole, MeetingSummary } from "../types";
import type { Ban } from "../floor-types";
import type { HttpClient } from "./client";

/** Answer to a join: the ticket for the WebSocket, and who one is in the meeting. */
export interface Joined {
  ticket: string;
  ticketExpiresInS: number;
  meetingId: string;
  participantId: string;
  role: MeetingRole;
  displayName: string;
  signalingUrl: string;
  guestToken: string | null;
  /** TURN servers for those whom neither UDP nor TCP lets through; mostly none. */
  iceServers?: RTCIceServer[];
  /** In the lobby: the relays are asked for once one is let in. */
  waiting?: boolean;
  /** Where the software whose pass was shown wants its user back. */
  leaveUrl?: string;
}

export interface JoinRequest {
  reference: string;
  displayName: string | undefined;
  password: string | undefined;
  passCode?: string | undefined;
  deviceId: string;
}

/** Who this page is in the meetings it joined: a guest's proof, and which messages are one's own. */
export interface Attendance {
  participantId: string;
  guestToken: string | null;
}

/** A number may be typed with blanks or dashes. */
export function plainReference(reference: string): string {
  const digits = reference.replace(/[\s-]/g, "");
  return /^\d{9}$/.test(digits) ? digits : reference.trim();
}

export function createMeetings(http: HttpClient): Meetings {
  return {
    create: ({ title, password, guestsAllowed }) =>
      http.post<MeetingSummary>("/meetings", { title, password, guests_allowed: guestsAllowed }),
    preview: (reference) =>
      http.get<MeetingPreview>(`/meetings/preview/${encodeURIComponent(plainReference(reference))}`, { token: null }),
    end: (meetingId) => http.post(`/meetings/${meetingId}/end`),
  };
}

/** Relays for who was let in from the lobby. */
export async function fetchIceServers(http: HttpClient, meetingId: string, attendance?: Attendance): Promise<RTCIceServer[]> {
  const path = `/meetings/${meetingId}/ice-servers`;
  return (await http.get<{ iceServers: RTCIceServer[] }>(path, asGuest(attendance))).iceServers;
}

export async function fetchBans(http: HttpClient, meetingId: string, attendance?: Attendance): Promise<Ban[]> {
  return (await http.get<{ items: Ban[] }>(`/meetings/${meetingId}/bans`, asGuest(attendance))).items;
}

export function joinMeeting(http: HttpClient, input: JoinRequest, attendance: Attendance | undefined): Promise<Joined> {
  const body = {
    display_name: input.displayName,
    password: input.password,
    device_id: input.deviceId,
    pass_code: input.passCode,
  };
  const reference = encodeURIComponent(plainReference(input.reference));
  return http.post<Joined>(`/meetings/${reference}/join`, body, asGuest(attendance));
}

export function asGuest(attendance: Attendance | undefined): { token?: string } {
  return attendance?.guestToken == null ? {} : { token: attendance.guestToken };
}
