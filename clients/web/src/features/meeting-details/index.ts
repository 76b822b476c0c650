/** One meeting: when it is, who is invited, who was there. */
export { MeetingDetailsPage } from "./components/meeting-details-page";
