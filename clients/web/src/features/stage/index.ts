/** The stage of a meeting. */
export { Stage } from "./components/stage";
export type { TileName, ViewMode } from "./layout/stage-layout";
