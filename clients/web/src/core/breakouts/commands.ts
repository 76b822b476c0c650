/** What one does with breakout rooms, as commands of the session. */
import type { CommandsData } from "../protocol";
import type { BreakoutActions } from "./types";

type Send = <T extends keyof CommandsData>(type: T, data: CommandsData[T]) => Promise<unknown>;

export function createBreakoutCommands(send: Send): BreakoutActions {
  return {
    async createBreakouts(titles, assignment, mayReturn) {
      await send("breakouts.create", { titles, assignment, may_return: mayReturn });
    },
    async assignBreakouts(places) {
      const wanted = places.map(({ participantId, breakoutId = null }) => ({ participant_id: participantId, breakout_id: breakoutId }));
      await send("breakouts.assign", { places: wanted });
    },
    async openBreakouts(durationS) {
      await send("breakouts.open", { duration_s: durationS });
    },
    async extendBreakouts(byS) {
      await send("breakouts.extend", { by_s: byS });
    },
    async broadcastToBreakouts(body) {
      await send("breakouts.broadcast", { body });
    },
    async askBreakoutHelp() {
      await send("breakouts.ask_help", {});
    },
    async chooseBreakout(breakoutId) {
      await send("breakouts.choose", { breakout_id: breakoutId });
    },
    async closeBreakouts(countdownS) {
      await send("breakouts.close", { countdown_s: countdownS });
    },
  };
}
