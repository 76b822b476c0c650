/** The room: loaded when a meeting is entered. */
export { Room } from "./components/room";
