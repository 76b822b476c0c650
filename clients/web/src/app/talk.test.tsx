/** Chat and polls in the room: what a person sees and does, by pointer and by keyboard. */
import { act, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it } from "vitest";

import { fakeCore } from "../testing/fake-core";
import { chatEntry, fakeSession, participant, poll, self } from "../testing/fake-session";
import { openRoom } from "../testing/render";

const RULES = { rules: { "color-contrast": { enabled: false } } };

function room(part: Parameters<typeof fakeSession>[0] = {}) {
  const people = [self(), participant({ participantId: "p-1", displayName: "Ada" })];
  return openRoom({ core: fakeCore(undefined, fakeSession({ participants: people, ...part })) });
}

async function expectNoFaults() {
  const { violations } = await axe.run(document.body, RULES);
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

describe("the chat", () => {
  const chat = [
    chatEntry({ messageId: "m1", seq: 1, body: "When?", reactions: [{ emoji: "👍", participantId: "p-1", displayName: "Ada" }] }),
    chatEntry({ messageId: "m2", seq: 2, body: "mine", isSelf: true, participantId: "p-self" }),
  ];

  it("answers and reacts", async () => {
    const { person, session } = await room({ chat });
    await person.click(screen.getByTestId("open-chat"));
    await person.click(screen.getAllByTestId("chat-reply")[0]!);
    await person.type(screen.getByTestId("chat-input"), "At nine{Enter}");
    expect(session.calls.find((call) => call.startsWith("sendChat"))).toContain('"replyTo":{"messageId":"m1"');
    await person.click(screen.getByRole("button", { name: "👍: Ada" }));
    expect(session.calls).toContain("reactToChat m1 👍 true");
    await expectNoFaults();
  });

  it("lets authors edit, and hosts delete", async () => {
    const { person, session } = await room({ chat });
    await person.click(screen.getByTestId("open-chat"));
    await person.click(screen.getAllByTestId("chat-more")[1]!);
    await person.click(await screen.findByTestId("chat-edit"));
    expect(screen.getByTestId<HTMLTextAreaElement>("chat-input").value).toBe("mine");
    await person.type(screen.getByTestId("chat-input"), "!{Enter}");
    expect(session.calls).toContain("editChat m2 mine!");
    await person.click(screen.getAllByTestId("chat-more")[0]!);
    expect(screen.queryByTestId("chat-edit"), "not one's own").toBeNull();
    await person.click(await screen.findByTestId("chat-delete"));
    await person.click(await screen.findByTestId("confirm"));
    expect(session.calls).toContain("deleteChat m1");
  });

  it("keeps private messages and drafts apart, and marks what is unread", async () => {
    const { person, session } = await room();
    await person.click(screen.getByTestId("open-chat"));
    await person.type(screen.getByTestId("chat-input"), "for all");
    session.view.patch({ chat: [chatEntry({ messageId: "s1", body: "psst", recipientId: "p-self" })] });
    expect(await screen.findByRole("img", { name: "1 unread message" })).toBeTruthy();
    expect(screen.queryByText("psst")).toBeNull();
    await person.click(screen.getByTestId("chat-private"));
    expect(await screen.findByText("psst")).toBeTruthy();
    await person.type(screen.getByTestId("chat-input"), "yes?{Enter}");
    expect(session.calls).toContain('sendChat yes? {"to":"p-1"}');
    await person.click(screen.getByTestId("chat-everyone"));
    expect(screen.getByTestId<HTMLTextAreaElement>("chat-input").value).toBe("for all");
    await expectNoFaults();
  });

  it("opens with a person from their row, ready to write", async () => {
    const people = [self({ role: "attendee" }), participant({ participantId: "p-1", displayName: "Ada" })];
    const { person, session } = await room({ role: "attendee", participants: people });
    await person.click(screen.getByTestId("open-people"));
    expect(screen.queryByRole("button", { name: /林小雨.* privately/u }), "not to oneself").toBeNull();
    await person.click(screen.getByRole("button", { name: "Write to Ada privately" }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Private message to Ada" })));
    await person.keyboard("psst{Enter}");
    expect(session.calls).toContain('sendChat psst {"to":"p-1"}');
    await expectNoFaults();
  });

  it("opens with a person from the menu of their tile, by keyboard, and again where it is open", async () => {
    const { person } = await room();
    const menu = within(screen.getByTestId("tile-p-1-camera")).getByRole("button", { name: "Options for Ada" });
    for (const where of ["closed", "open"]) {
      menu.focus();
      await person.keyboard("{Enter}");
      await screen.findByTestId("write-p-1");
      await person.keyboard("{ArrowDown}{ArrowDown}{Enter}");
      await waitFor(() => expect(document.activeElement, where).toBe(screen.getByRole("textbox", { name: "Private message to Ada" })));
    }
  });

  it("is offered with hosts only where attendees write to hosts only", async () => {
    const people = [self({ role: "attendee" }), participant({ participantId: "p-1", displayName: "Ada" }), participant({ participantId: "p-2", role: "host" })];
    const { person, session } = await room({ role: "attendee", participants: people });
    const { meeting } = session.view.get();
    session.view.patch({ meeting: { ...meeting!, options: { ...meeting!.options, attendeesMayChat: "hosts" } } });
    await person.click(screen.getByTestId("open-people"));
    expect(screen.queryByTestId("write-p-1")).toBeNull();
    expect(screen.getByTestId("write-p-2")).toBeTruthy();
  });

  it("uploads files and sends them with the message", async () => {
    const { person, session, core } = await room();
    await person.click(screen.getByTestId("open-chat"));
    const picker = document.querySelector<HTMLInputElement>('input[type="file"]')!;
    await person.upload(picker, [new File(["x"], "年报.pdf"), new File(["y"], "b.txt")]);
    await waitFor(() => expect(screen.getAllByTestId("chat-upload").every((row) => "done" in row.dataset)).toBe(true));
    expect(core.calls).toContain('upload ["m-1","年报.pdf"]');
    await person.click(screen.getByRole("button", { name: "Remove b.txt" }));
    await person.click(screen.getByTestId("chat-send"));
    expect(session.calls.find((call) => call.startsWith("sendChat"))).toContain('"fileId":"f-年报.pdf"');
  });

  it("shows what is left of deleted messages, files, and long texts folded", async () => {
    const file = { fileId: "f1", name: "plan.pdf", mediaType: "application/pdf", size: 2_500_000, width: null, height: null };
    const { person, core } = await room({
      chat: [
        chatEntry({ messageId: "m1", seq: 1, body: "", deletedAt: "t", deletedBy: "host" }),
        chatEntry({ messageId: "m2", seq: 2, body: `${"long ".repeat(400)}end`, files: [file] }),
      ],
    });
    await person.click(screen.getByTestId("open-chat"));
    expect(screen.getByText("A host deleted this message")).toBeTruthy();
    expect(screen.queryByText(/end$/u)).toBeNull();
    await person.click(screen.getByRole("button", { name: "Show all" }));
    expect(screen.getByText(/end/u)).toBeTruthy();
    await person.click(screen.getByRole("button", { name: "Download plan.pdf 2.4 MB" }));
    expect(core.calls).toContain('download ["m-1","f1"]');
    await expectNoFaults();
  });
});

describe("polls", () => {
  it("are announced, and voted in by keyboard", async () => {
    const { person, session } = await room({ role: "attendee", participants: [self({ role: "attendee" })] });
    session.notify({ type: "poll", poll: poll({ pollId: "p1" }) });
    session.view.patch({ polls: [poll({ pollId: "p1" })] });
    expect((await screen.findByTestId("toast")).textContent).toContain("Where shall we meet?");
    await person.click(screen.getByTestId("open-more"));
    await person.click(await screen.findByTestId("more-polls"));
    expect(screen.queryByTestId("poll-new"), "attendees make none").toBeNull();
    const first = within(screen.getByTestId("poll")).getAllByRole("radio")[0]!;
    first.focus();
    await person.keyboard(" {ArrowDown}{Tab}{Enter}");
    expect(session.calls).toContain("votePoll p1 o2");
    await expectNoFaults();
  });

  it("are made, started and shown as bars by hosts", async () => {
    const { person, session, core } = await room({
      polls: [poll({ pollId: "p1", phase: "published", voters: 4, counts: [3, 1], choice: ["o1"] })],
    });
    await person.click(screen.getByTestId("open-more"));
    await person.click(await screen.findByTestId("more-polls"));
    expect(screen.getByTestId("poll-result-o1").textContent).toContain("3 · 75%");
    await expectNoFaults();
    act(() => session.notify({ type: "poll", poll: poll({ pollId: "p2" }) }));
    expect(screen.queryByTestId("toast"), "it is seen in the panel").toBeNull();
    await person.click(screen.getByTestId("poll-new"));
    await person.type(screen.getByTestId("poll-question"), "Lunch?");
    await person.click(screen.getByRole("button", { name: "Yes or no" }));
    await expectNoFaults();
    await person.click(screen.getByTestId("poll-create"));
    await waitFor(() => expect(session.calls).toContain("startPoll made"));
    expect(core.calls.find((call) => call.startsWith("createPoll"))).toContain('"options":["Yes","No"]');
  });
});
