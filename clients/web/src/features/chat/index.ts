/** The chat. */
export { ChatPanel } from "./components/chat-panel";
export { countUnread, lastSeq } from "./group";
