/** Breakout rooms in the room: what hosts and people in them see and do, by pointer and by keyboard. */
import { act, screen, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it } from "vitest";

import type { Breakouts } from "../core/types";
import { fakeCore } from "../testing/fake-core";
import { fakeSession, participant, self } from "../testing/fake-session";
import { openRoom } from "../testing/render";

const ADA = participant({ participantId: "p-1", displayName: "Ada" });
const BREAKOUTS: Breakouts = {
  status: "planned",
  assignment: "manual",
  mayReturn: true,
  endsAt: null,
  here: null,
  rooms: [
    { breakoutId: "b-1", title: "Red", helpBy: null },
    { breakoutId: "b-2", title: "Blue", helpBy: "Ben" },
  ],
  places: [{ participantId: "p-2", displayName: "Ben", breakoutId: "b-2", insideId: "b-2" }],
};

function room(part: Parameters<typeof fakeSession>[0] = {}, locale: "en" | "zh-CN" = "en") {
  return openRoom({ locale, core: fakeCore(undefined, fakeSession({ participants: [self(), ADA], ...part })) });
}

function asked(session: { calls: string[] }): string[] {
  return session.calls.filter((call) => !call.startsWith("setTiles"));
}

async function expectNoFaults() {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

describe("a host", () => {
  it("makes rooms, moves people with the keyboard, and opens them", async () => {
    const { person, session } = await room();
    await person.click(screen.getByTestId("open-more"));
    await person.click(await screen.findByRole("menuitem", { name: "Breakout rooms" }));
    await person.click(screen.getByTestId("create-breakouts"));
    act(() => session.view.patch({ breakouts: BREAKOUTS }));
    const main = screen.getByTestId("breakout-main");
    expect(within(main).getByText("Ada")).toBeTruthy();
    await expectNoFaults();
    act(() => within(main).getByTestId("move-p-1").focus());
    await person.keyboard("{Enter}");
    await person.keyboard("{Enter}");
    await person.click(screen.getByTestId("start-breakouts"));
    expect(asked(session)).toEqual([
      "createBreakouts Room 1,Room 2 random true",
      'assignBreakouts [{"participantId":"p-1","breakoutId":"b-1"}]',
      "openBreakouts ",
    ]);
  });

  it("looks after open rooms: says something to all, visits who needs help, extends and closes", async () => {
    const endsAt = new Date(Date.now() + 90_000).toISOString();
    const { person, session } = await room({ breakouts: { ...BREAKOUTS, status: "open", endsAt } });
    expect(screen.getByTestId("breakout-banner").textContent).toMatch(/Breakout rooms are open1:(30|29)/u);
    await person.click(screen.getByTestId("open-breakouts"));
    expect(within(screen.getByTestId("breakout-b-2")).getByText("Ben asks for help")).toBeTruthy();
    await person.type(screen.getByTestId("breakout-message"), "Soon.{Enter}");
    await person.click(screen.getByTestId("extend-breakouts"));
    await person.click(screen.getByTestId("visit-b-2"));
    await person.click(screen.getByTestId("close-breakouts"));
    expect(asked(session)).toEqual([
      "broadcastToBreakouts Soon.", "extendBreakouts 300", "chooseBreakout b-2", "closeBreakouts 0",
    ]);
    await expectNoFaults();
  });
});

describe("somebody in a breakout room", () => {
  const inside = { ...BREAKOUTS, status: "open" as const, here: "b-1" };
  const asAttendee = { role: "attendee" as const, participants: [self({ role: "attendee" }), ADA] };

  it("sees which room it is, asks for help once, and goes back", async () => {
    const { person, session } = await room({ ...asAttendee, breakouts: inside });
    expect(screen.getByTestId("breakout-banner").textContent).toContain("You’re in Red");
    await person.click(screen.getByTestId("ask-help"));
    await person.click(screen.getByTestId("return-to-main"));
    expect(asked(session)).toEqual(["askBreakoutHelp", "chooseBreakout "]);
    await expectNoFaults();
    act(() => session.view.patch({ breakouts: { ...inside, mayReturn: false, status: "closing" } }));
    expect(screen.queryByTestId("return-to-main")).toBeNull();
    act(() => session.view.patch({ breakouts: { ...inside, status: "returning" } }));
    expect(screen.getByTestId("breakout-banner").textContent).toContain("everybody comes back");
  });

  it("hears what a host says to all rooms", async () => {
    const { session } = await room({ ...asAttendee, breakouts: inside }, "zh-CN");
    act(() => session.notify({ type: "breakout_said", displayName: "Ada", body: "还有五分钟" }));
    expect(await screen.findByText("Ada 对所有小组说：还有五分钟")).toBeTruthy();
  });

  it("chooses a room where people may", async () => {
    const { person, session } = await room({ ...asAttendee, breakouts: { ...inside, here: null, assignment: "choose" } });
    await person.click(screen.getByTestId("open-breakouts"));
    await person.click(screen.getByTestId("choose-b-2"));
    expect(asked(session)).toEqual(["chooseBreakout b-2"]);
  });
});
