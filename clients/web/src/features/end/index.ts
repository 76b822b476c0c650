/** After the meeting. */
export { EndPage } from "./components/end-page";
