/** Rooms over HTTP. */
import type { Rooms } from "../schedule";
import { snakeize } from "../snake";
import type { HttpClient } from "./client";
import { itemsOf } from "./schedule";

export function createRooms(http: HttpClient): Rooms {
  const members = (roomId: string) => `/rooms/${roomId}/members`;
  return {
    list: async () => itemsOf(await http.get("/rooms")),
    create: (input) => http.post("/rooms", snakeize(input)),
    change: (roomId, change) => http.patch(`/rooms/${roomId}`, snakeize(change)),
    close: (roomId) => http.delete(`/rooms/${roomId}`),
    preview: (slug) => http.get(`/rooms/preview/${encodeURIComponent(slug)}`, { token: null }),
    open: (roomId) => http.post(`/rooms/${roomId}/open`),
    members: async (roomId) => itemsOf(await http.get(members(roomId))),
    addMember: (roomId, email) => http.post(members(roomId), { email }),
    changeMember: (roomId, userId, role) => http.patch(`${members(roomId)}/${userId}`, { role }),
    removeMember: (roomId, userId) => http.delete(`${members(roomId)}/${userId}`),
  };
}
