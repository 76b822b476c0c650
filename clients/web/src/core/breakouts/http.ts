/** The way into a breakout room. */
import type { HttpClient } from "../http/client";
import type { Attendance, Joined } from "../http/meetings";
import { asGuest } from "../http/meetings";

export function enterBreakout(
  http: HttpClient,
  { meetingId, breakoutId, deviceId }: { meetingId: string; breakoutId: string; deviceId: string },
  attendance: Attendance | undefined,
): Promise<Joined> {
  return http.post<Joined>(`/meetings/${meetingId}/breakouts/${breakoutId}/enter`, { device_id: deviceId }, asGuest(attendance));
}
