/** Is there anything about breakout rooms that this person can open? */
import { useIsHost, useView } from "../../../ui/meeting";

export function useHasBreakouts(): boolean {
  const isHost = useIsHost();
  const mayChoose = useView((view) => view.breakouts?.assignment === "choose" && view.breakouts.status !== "returning");
  return isHost || mayChoose;
}
