/** Out of the meeting: what the only host is asked, and where the focus goes. */
import { act, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";

import { fakeCore, problem } from "../testing/fake-core";
import { fakeSession, participant, self } from "../testing/fake-session";
import { openRoom } from "../testing/render";

const RULES = { rules: { "color-contrast": { enabled: false } } };
const GUS = participant({ participantId: "p-1", displayName: "Gus", isGuest: true });
const ADA = participant({ participantId: "p-2", displayName: "Ada" });

function room(others = [GUS, ADA], more: Parameters<typeof openRoom>[0] = {}) {
  return openRoom({ core: fakeCore(undefined, fakeSession({ participants: [self(), ...others] })), ...more });
}

async function expectNoFaults() {
  const { violations } = await axe.run(document.body, RULES);
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

describe("the only host who leaves", () => {
  it("gives the meeting to somebody, by keyboard, and is gone", async () => {
    const { person, session } = await room();
    act(() => screen.getByTestId("leave").focus());
    await person.keyboard("{Enter}");
    const leaving = await screen.findByRole("menuitem", { name: "Leave meeting" });
    expect(leaving.textContent).toContain("Somebody with an account will soon moderate it.");
    await person.keyboard("{ArrowDown}{Enter}");
    const dialog = await screen.findByRole("dialog", { name: "Who hosts after you?" });
    await expectNoFaults();
    const choice = within(dialog).getByRole("button", { name: /New host/u });
    expect(choice.textContent, "who has an account first").toContain("Ada");
    choice.focus();
    await person.keyboard("{Enter}{ArrowDown}{Enter}");
    expect(choice.textContent).toContain("Gus (guest)");
    await person.click(screen.getByTestId("hand-over"));
    await waitFor(() => expect(session.calls.filter((call) => /^(?:setRole|leave)/u.test(call))).toEqual(["setRole p-1 host", "leave"]));
  });

  it("stays, and is told why, when that can't be done", async () => {
    const { person, session } = await room([ADA], { locale: "zh-CN" });
    // What the core throws are Problems.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    vi.spyOn(session, "setRole").mockImplementation(() => Promise.reject(problem("participant_not_found")));
    await person.click(screen.getByTestId("leave"));
    await person.click(await screen.findByTestId("hand-over-and-leave"));
    await person.click(await screen.findByTestId("hand-over"));
    expect(await screen.findByText("对方已不在会议中。")).toBeTruthy();
    expect(session.calls).not.toContain("leave");
  });

  it("chooses among who is still there", async () => {
    const { person, session } = await room();
    await person.click(screen.getByTestId("leave"));
    await person.click(await screen.findByTestId("hand-over-and-leave"));
    await screen.findByTestId("hand-over");
    act(() => session.view.patch({ participants: [self(), GUS] }));
    expect(screen.getByTestId("hand-over").hasAttribute("disabled")).toBe(true);
    act(() => session.view.patch({ participants: [self()] }));
    expect(screen.queryByTestId("hand-over")).toBeNull();
  });

  it.each([
    ["only guests are there", [GUS], "The meeting goes on, with nobody to moderate it.", true],
    ["a co-host is there", [GUS, { ...ADA, role: "co_host" as const }], "Leave meeting", false],
    ["nobody else is there", [], "Leave meeting", false],
  ])("is asked by what comes of it where %s", async (_where, others, text, isAsked) => {
    const { person } = await room(others);
    await person.click(screen.getByTestId("leave"));
    expect((await screen.findByTestId("leave-meeting")).textContent).toContain(text);
    expect(screen.queryByTestId("hand-over-and-leave") !== null).toBe(isAsked);
  });
});

describe("the focus", () => {
  it("is on the heading of the room after joining, and on that of the end after leaving", async () => {
    const { person } = await room();
    expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1, name: "Meeting" }));
    await person.click(screen.getByTestId("leave"));
    await person.click(await screen.findByTestId("leave-meeting"));
    const end = await screen.findByRole("heading", { level: 1, name: "You left the meeting" });
    await waitFor(() => expect(document.activeElement).toBe(end));
  });

  it("goes through the bar of a phone with the arrow keys", async () => {
    const { person } = await room([], { phone: true });
    const bar = within(screen.getByRole("toolbar", { name: "Meeting controls" }));
    screen.getByTestId("toggle-microphone").focus();
    await person.keyboard("{ArrowRight}{ArrowRight}");
    expect(document.activeElement).toBe(bar.getByTestId("toggle-hand"));
    await person.keyboard("{Tab}");
    expect(bar.queryByTestId(document.activeElement?.getAttribute("data-testid") ?? "none")).toBeNull();
  });
});

it("says times in Chinese", async () => {
  const { person } = await room([], { locale: "zh-CN" });
  await person.click(screen.getByTestId("open-more"));
  await person.click(await screen.findByTestId("more-connection"));
  expect((await screen.findByText("23 毫秒")).tagName).toBe("DD");
});
