/** The chat. */
export { ChatPanel } from "./components/chat-panel";
export { MeetingChat } from "./components/meeting-chat";
export { PrivateChatProvider, usePrivateChat } from "./hooks/use-private-chat";
export { useChatDesk } from "./hooks/use-chat-desk";
export type { ChatDesk } from "./hooks/use-chat-desk";
