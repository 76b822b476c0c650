/** What one does with messages and polls, as commands of the session. */
import type { CommandsData } from "../protocol";
import type { TalkSession } from "./types";

type Send = <T extends keyof CommandsData>(type: T, data: CommandsData[T]) => Promise<unknown>;

export function createTalkCommands(send: Send): Omit<TalkSession, "sendChat" | "retryChat"> {
  return {
    async editChat(messageId, body) {
      await send("chat.edit", { message_id: messageId, body });
    },
    async deleteChat(messageId) {
      await send("chat.delete", { message_id: messageId });
    },
    async reactToChat(messageId, emoji, on) {
      await send("chat.react", { message_id: messageId, emoji, on });
    },
    async startPoll(pollId) {
      await send("poll.start", { poll_id: pollId });
    },
    async votePoll(pollId, optionIds) {
      await send("poll.vote", { poll_id: pollId, option_ids: optionIds });
    },
    async closePoll(pollId) {
      await send("poll.close", { poll_id: pollId });
    },
    async publishPoll(pollId) {
      await send("poll.publish", { poll_id: pollId });
    },
  };
}
