/** The answer to an invitation, by the link in a letter. */
export { RsvpPage } from "./components/rsvp-page";
