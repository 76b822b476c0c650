/** Polls. */
export { MeetingPolls } from "./components/meeting-polls";
export { PollsPanel } from "./components/polls-panel";
