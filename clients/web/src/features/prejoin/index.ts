/** Before the meeting. */
export { PrejoinPage } from "./components/prejoin-page";
