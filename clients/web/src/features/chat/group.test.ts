import { describe, expect, it } from "vitest";

import { chatEntry } from "../../testing/fake-session";
import { EVERYONE, countUnread, inConversation, newestMarks, partnersIn } from "./conversations";
import { countReactions, groupChat } from "./group";

describe("groups of messages", () => {
  it("join what one person says in a row", () => {
    const groups = groupChat([
      chatEntry({ messageId: "1" }),
      chatEntry({ messageId: "2", sentAt: "2026-01-05T09:06:00Z" }),
      chatEntry({ messageId: "3", participantId: "p-2", sentAt: "2026-01-05T09:06:30Z" }),
    ]);
    expect(groups.map((group) => group.entries.length)).toEqual([2, 1]);
  });

  it("part after five minutes", () => {
    const later = chatEntry({ messageId: "2", sentAt: "2026-01-05T09:11:00Z" });
    expect(groupChat([chatEntry({ messageId: "1" }), later])).toHaveLength(2);
  });
});

describe("unread messages", () => {
  const chat = [
    chatEntry({ messageId: "1", seq: 1 }),
    chatEntry({ messageId: "2", seq: 2, isSelf: true }),
    chatEntry({ messageId: "3", seq: 3 }),
    chatEntry({ messageId: "4", seq: 1, recipientId: "p-self" }),
    chatEntry({ messageId: "5", seq: null, isSelf: true }),
  ];

  it("are those of others after the last one read, in each conversation", () => {
    const counts = countUnread(chat, { [EVERYONE]: 1 });
    expect([...counts]).toEqual([[EVERYONE, 1], ["p-1", 1]]);
    expect(countUnread(chat, newestMarks(chat)).size).toBe(0);
  });

  it("stand with the other one of a private conversation, whoever wrote", () => {
    const mine = chatEntry({ messageId: "6", isSelf: true, participantId: "p-self", recipientId: "p-1", recipientName: "Ada" });
    expect(inConversation([...chat, mine], "p-1").map(({ messageId }) => messageId)).toEqual(["4", "6"]);
    expect(partnersIn([...chat, mine])).toEqual([{ participantId: "p-1", displayName: "Ada" }]);
  });
});

describe("reactions", () => {
  it("are counted by emoji, and one's own are marked", () => {
    const by = (emoji: string, participantId: string) => ({ emoji, participantId, displayName: participantId });
    const entry = chatEntry({ messageId: "1", reactions: [by("👍", "a"), by("🎉", "me"), by("👍", "b")] });
    expect(countReactions(entry, "me")).toEqual([
      { emoji: "👍", names: ["a", "b"], isMine: false },
      { emoji: "🎉", names: ["me"], isMine: true },
    ]);
  });
});
