/** Rooms: what their meetings begin with, who belongs to them, and the link that stays. */
export { RoomDoorPage } from "./components/room-door-page";
export { RoomsPage } from "./components/rooms-page";
