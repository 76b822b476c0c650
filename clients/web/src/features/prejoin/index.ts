/** Before the meeting. */
export { OwnPicture, PrejoinPage } from "./components/prejoin-page";
