/** The chat on a meeting's page, when the meeting is over. */
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import axe from "axe-core";
import i18next from "i18next";
import { describe, expect, it } from "vitest";

import { MeetingChat } from "../features/chat";
import { startI18n } from "../i18n";
import { completeBrowser } from "../testing/browser";
import { fakeCore } from "../testing/fake-core";
import { chatEntry } from "../testing/fake-session";
import { CoreProvider } from "../ui/core";

const EARLIER = chatEntry({ messageId: "m1", seq: 1, body: "the first" });
const LAST = chatEntry({ messageId: "m2", seq: 2, body: "the last", isSelf: true });

async function open(isHost: boolean) {
  cleanup();
  completeBrowser();
  if (!i18next.isInitialized) await startI18n("en");
  const core = fakeCore();
  core.talk.messages = (_meetingId, beforeSeq) => Promise.resolve(beforeSeq === undefined ? [LAST] : [EARLIER]);
  core.talk.search = () => Promise.resolve({ items: [EARLIER], nextCursor: null });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CoreProvider value={core}>
        <MeetingChat meetingId="m-1" isHost={isHost} />
      </CoreProvider>
    </QueryClientProvider>,
  );
  await screen.findByText("the last");
  return { core, person: userEvent.setup() };
}

describe("the chat after the meeting", () => {
  it("shows the last messages, earlier ones when asked, and finds words", async () => {
    const { person } = await open(false);
    await person.click(screen.getByTestId("chat-earlier"));
    expect(await screen.findByText("the first")).toBeTruthy();
    await person.type(screen.getByTestId("chat-search"), "first");
    expect(await screen.findByText("1 message found")).toBeTruthy();
    expect(screen.queryByText("the last")).toBeNull();
    expect(screen.queryByTestId("chat-export"), "only hosts save it").toBeNull();
    const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("is saved as a file by hosts", async () => {
    URL.createObjectURL = () => "blob:chat";
    const { person, core } = await open(true);
    await person.click(screen.getByTestId("chat-export"));
    expect(core.calls).toContain('exportChat ["m-1","text"]');
  });
});
