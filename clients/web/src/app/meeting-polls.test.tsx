/** The polls on a meeting's page, when the meeting is over. */
import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import axe from "axe-core";
import i18next from "i18next";
import { describe, expect, it } from "vitest";

import { MeetingPolls } from "../features/polls";
import { speak, startI18n } from "../i18n";
import type { Locale } from "../i18n";
import { completeBrowser } from "../testing/browser";
import { fakeCore } from "../testing/fake-core";
import { poll } from "../testing/fake-session";
import { CoreProvider } from "../ui/core";

const PUBLISHED = poll({ pollId: "p1", question: "Where?", phase: "published", voters: 4, counts: [3, 1], choice: ["o2"] });
const CLOSED = poll({ pollId: "p2", question: "And when?", phase: "closed", anonymous: true, voters: 2 });
const DRAFT = poll({ pollId: "p3", question: "Why at all?", phase: "draft" });

async function open({ isHost = false, locale = "en" }: { isHost?: boolean; locale?: Locale } = {}) {
  cleanup();
  completeBrowser();
  if (i18next.isInitialized) await speak(locale);
  else await startI18n(locale);
  const core = fakeCore();
  let kept = [PUBLISHED, CLOSED, DRAFT];
  core.talk.polls = () => Promise.resolve(kept);
  const { publishPoll } = core.talk;
  core.talk.publishPoll = (meetingId, pollId) => {
    kept = kept.map((one) => (one.pollId === pollId ? { ...one, phase: "published", counts: [0, 2] } : one));
    return publishPoll(meetingId, pollId);
  };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CoreProvider value={core}>
        <MeetingPolls meetingId="m-1" isHost={isHost} />
      </CoreProvider>
    </QueryClientProvider>,
  );
  await screen.findByTestId("meeting-polls");
  return { core, person: userEvent.setup() };
}

const card = (question: string) => within(screen.getByRole("article", { name: question }));

describe("the polls after the meeting", () => {
  it("show what was asked, the results that are published, and one's own choice", async () => {
    await open();
    expect(card("Where?").getByTestId("poll-result-o1").textContent).toContain("3 · 75%");
    expect(card("Where?").getByTestId("poll-result-o2").textContent).toContain("Your choice");
    expect(card("And when?").getByText("The results haven’t been published yet.")).toBeTruthy();
    expect(card("And when?").getByText("Anonymous · 2 votes")).toBeTruthy();
    expect(screen.queryByText("Why at all?"), "a draft was never asked").toBeNull();
    expect(screen.queryByRole("button"), "only hosts do something with them").toBeNull();
    const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("are published and saved by hosts, in their language", async () => {
    URL.createObjectURL = () => "blob:poll";
    const { core, person } = await open({ isHost: true, locale: "zh-CN" });
    await person.click(card("And when?").getByRole("button", { name: "公布结果" }));
    await waitFor(() => expect(card("And when?").getByTestId("poll-result-o2").textContent).toContain("2 · 100%"));
    expect(core.calls).toContain('publishPoll ["m-1","p2"]');
    await person.click(card("Where?").getByRole("button", { name: "保存结果" }));
    await waitFor(() => expect(core.calls).toContain('exportResults ["m-1","p1"]'));
  });

  it("are absent where nothing was asked", async () => {
    cleanup();
    completeBrowser();
    const core = fakeCore();
    render(
      <QueryClientProvider client={new QueryClient()}>
        <CoreProvider value={core}>
          <MeetingPolls meetingId="m-1" isHost />
        </CoreProvider>
      </QueryClientProvider>,
    );
    await waitFor(() => expect(core.calls).toContain('polls "m-1"'));
    expect(screen.queryByTestId("meeting-polls")).toBeNull();
  });
});
