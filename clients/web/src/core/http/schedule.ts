/** Schedules over HTTP. */
import type { Schedule } from "../schedule";
import { snakeize } from "../snake";
import type { HttpClient } from "./client";

const ANYBODY = { token: null };

export function createSchedule(http: HttpClient): Schedule {
  const meeting = (meetingId: string) => `/meetings/${encodeURIComponent(meetingId)}`;
  const invitation = (token: string) => `/rsvp/${encodeURIComponent(token)}`;
  const inSession = (sessionId: string) => `session_id=${encodeURIComponent(sessionId)}`;
  return {
    create: (input) => http.post("/meetings", snakeize(input)),
    get: (meetingId) => http.get(meeting(meetingId)),
    list(when, cursor, limit) {
      const query = new URLSearchParams({ when, limit: String(limit) });
      if (cursor !== null) query.set("cursor", cursor);
      return http.get(`/meetings?${query.toString()}`);
    },
    change: (meetingId, change, scope, version) =>
      http.patch(`${meeting(meetingId)}?scope=${scope}`, snakeize(change), { ifMatch: `"${version}"` }),
    cancel: (meetingId, scope) => http.post(`${meeting(meetingId)}/cancel`, { scope }),
    invitees: async (meetingId) => itemsOf(await http.get(`${meeting(meetingId)}/invitees`)),
    invite: async (meetingId, people) =>
      itemsOf(await http.post(`${meeting(meetingId)}/invitees`, { items: snakeize(people) })),
    uninvite: (meetingId, inviteeId) => http.delete(`${meeting(meetingId)}/invitees/${inviteeId}`),
    answer: (meetingId, answer) => http.post(`${meeting(meetingId)}/answer`, { answer }),
    invitation: (token) => http.get(invitation(token), ANYBODY),
    answerInvitation: (token, answer) => http.post(invitation(token), { answer }, ANYBODY),
    sessions: (meetingId) => http.get(`${meeting(meetingId)}/sessions`),
    attendance: (meetingId, sessionId) => http.get(`${meeting(meetingId)}/attendance?${inSession(sessionId)}`),
    attendanceTable: (meetingId, sessionId) => http.blob(`${meeting(meetingId)}/attendance.csv?${inSession(sessionId)}`),
    calendarEntry: (meetingId) => http.blob(`${meeting(meetingId)}/ics`),
    feed: () => http.get("/calendar"),
    createFeed: () => http.post("/calendar"),
    deleteFeed: () => http.delete("/calendar"),
  };
}

export function itemsOf<T>(page: { items: T[] }): T[] {
  return page.items;
}
