/** Breakout rooms: what hosts do with them, and what people in them see. */
export { BreakoutBanner } from "./components/breakout-banner";
export { BreakoutsDialog } from "./components/breakouts-dialog";
export { useHasBreakouts } from "./hooks/use-has-breakouts";
