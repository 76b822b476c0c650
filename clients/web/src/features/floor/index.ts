/** The lobby, roles and moderation: both sides of it. */
export { FreezeBanner } from "./components/freeze-banner";
export { HostTools } from "./components/host-tools";
export { LobbyPage } from "./components/lobby-page";
export { LobbyToast } from "./components/lobby-toast";
export { PersonMenu } from "./components/person-menu";
export { UnmuteRequest } from "./components/unmute-request";
export { WaitingList } from "./components/waiting-list";
