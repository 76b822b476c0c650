/** Who is in the meeting. */
export { PeoplePanel } from "./components/people-panel";
