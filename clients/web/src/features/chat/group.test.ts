import { describe, expect, it } from "vitest";

import { chatEntry } from "../../testing/fake-session";
import { countUnread, groupChat, lastSeq } from "./group";

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
  it("are those of others after the last one read", () => {
    const chat = [
      chatEntry({ messageId: "1", seq: 1 }),
      chatEntry({ messageId: "2", seq: 2, isSelf: true }),
      chatEntry({ messageId: "3", seq: 3 }),
      chatEntry({ messageId: "4", seq: null, isSelf: true }),
    ];
    expect(countUnread(chat, 1)).toBe(1);
    expect(lastSeq(chat)).toBe(3);
  });
});
