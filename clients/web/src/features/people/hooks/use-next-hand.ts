/** Gives the floor to whoever raised the hand first: the hand goes down, and they are asked to speak. */
import { useAttempt } from "../../../ui/attempt";
import { raisedHands } from "../../../ui/hands";
import { useSession, useView } from "../../../ui/meeting";

export function useNextHand(): (() => void) | null {
  const session = useSession();
  const attempt = useAttempt();
  const first = useView((view) => raisedHands(view.participants)[0]);
  if (first === undefined) return null;
  return () => {
    attempt(session.lowerHand(first.participantId));
    if (!first.isSelf && first.role !== "observer") attempt(session.askToUnmute(first.participantId));
  };
}
