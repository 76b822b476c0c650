/** What hosts do, as commands. */
import type { FloorActions, OptionsChange } from "../floor-types";
import type { Ban } from "../floor-types";
import type { MeetingSetOptions } from "../protocol";
import type { SignalingClient } from "../signaling/client";

export function createFloorActions({ send }: Pick<SignalingClient, "send">, bans: () => Promise<Ban[]>): FloorActions {
  return {
    bans,
    async admit(participantId) {
      await send("lobby.admit", { participant_id: participantId });
    },
    async admitAll() {
      await send("lobby.admit_all", {});
    },
    async deny(participantId, ban) {
      await send("lobby.deny", { participant_id: participantId, ban });
    },
    async sayToLobby(body) {
      await send("lobby.say", { body });
    },
    async setRole(participantId, role) {
      await send("participant.set_role", { participant_id: participantId, role });
    },
    async rename(participantId, displayName) {
      await send("participant.rename", { participant_id: participantId, display_name: displayName });
    },
    async askToUnmute(participantId) {
      await send("participant.ask_to_unmute", { participant_id: participantId });
    },
    async lowerHand(participantId) {
      await send("participant.lower_hand", { participant_id: participantId });
    },
    async lowerHands() {
      await send("meeting.lower_hands", {});
    },
    async muteAll(block) {
      await send("meeting.mute_all", { block });
    },
    async freeze(frozen) {
      await send("meeting.freeze", { frozen });
    },
    async spotlight(participantId) {
      await send("meeting.spotlight", { participant_id: participantId });
    },
    async setOptions(change) {
      await send("meeting.set_options", onWire(change));
    },
    async unban(participantId) {
      await send("participant.unban", { participant_id: participantId });
    },
  };
}

function onWire(change: OptionsChange): MeetingSetOptions {
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(change).map(([key, value]) => [snake(key), value]));
}
