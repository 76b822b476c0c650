/** Polls. */
export { PollsPanel } from "./components/polls-panel";
