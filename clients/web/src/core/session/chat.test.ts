import { describe, expect, it } from "vitest";

import { ProblemError } from "../problem";
import type { ChatMessage } from "../protocol";
import { createOutgoing } from "./chat";

function message(body: string, seq = 1): ChatMessage {
  return { message_id: `m${seq}`, seq, participant_id: "me", display_name: "me", body, sent_at: "", version: 1, reactions: [], files: [] };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("one's own message", () => {
  it("is shown at once, and is the room's when it was answered", async () => {
    const delivered: ChatMessage[] = [];
    const outgoing = createOutgoing((body) => Promise.resolve(message(body)), (each) => delivered.push(each));
    outgoing.send("  hello ");
    expect(outgoing.pending.get()).toMatchObject([{ body: "hello", failed: null }]);
    await settle();
    expect(outgoing.pending.get()).toEqual([]);
    expect(delivered).toMatchObject([{ body: "hello" }]);
  });

  it("is not shown twice when its event is quicker than its answer", () => {
    const outgoing = createOutgoing(() => new Promise(() => undefined), () => undefined);
    outgoing.send("same");
    outgoing.send("same");
    outgoing.confirm(message("same"));
    expect(outgoing.pending.get()).toMatchObject([{ messageId: "pending-2" }]);
  });

  it("that failed says why, and can be sent again", async () => {
    let fails = true;
    const outgoing = createOutgoing(
      (body) => (fails ? Promise.reject(new ProblemError({ code: "too_many" })) : Promise.resolve(message(body))),
      () => undefined,
    );
    outgoing.send("x");
    await settle();
    expect(outgoing.pending.get()).toMatchObject([{ failed: { code: "too_many" } }]);
    fails = false;
    outgoing.retry("pending-1");
    await settle();
    expect(outgoing.pending.get()).toEqual([]);
  });

  it("without a visible letter is not sent", () => {
    const outgoing = createOutgoing(() => Promise.resolve(null), () => undefined);
    outgoing.send("  \n ");
    expect(outgoing.pending.get()).toEqual([]);
  });
});
