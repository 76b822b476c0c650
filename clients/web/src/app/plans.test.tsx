import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeAll, describe, expect, it, vi } from "vitest";

import { fakeCore, meeting, problem } from "../testing/fake-core";
import { demoPlans } from "../testing/demo-plans";
import { openApp } from "../testing/render";

const SERIES = meeting({
  meetingId: "m-9",
  title: "Weekly",
  status: "scheduled",
  startedAt: null,
  startsAt: "2030-04-01T08:00:00Z",
  endsAt: "2030-04-01T08:45:00Z",
  timeZone: "Europe/Berlin",
  seriesId: "s-1",
  recurrence: "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
  version: 7,
});

function coreWith(first: typeof SERIES) {
  const core = fakeCore();
  core.plans.upcoming = [first];
  core.plans.invitees = demoPlans(new Date()).invitees;
  return core;
}

/** The page is compiled when it is first asked for. */
const SLOW = { timeout: 8000 };

function sent(calls: string[], name: string): unknown {
  const call = calls.find((each) => each.startsWith(`${name} `));
  return call === undefined ? null : JSON.parse(call.slice(name.length + 1));
}

beforeAll(() => {
  // The four hundred that there are take jsdom a second with every form.
  vi.spyOn(Intl, "supportedValuesOf").mockReturnValue(["America/New_York", "Asia/Shanghai", "Europe/Berlin"]);
});

describe("planning a meeting", { timeout: 20_000 }, () => {
  it("sends a weekly series with its people, and goes to it", async () => {
    const { core, person } = await openApp({ path: "/schedule" });
    fireEvent.change(await screen.findByTestId("schedule-title", undefined, SLOW), { target: { value: "Stand-up" } });
    fireEvent.change(screen.getByTestId("schedule-date"), { target: { value: "2030-04-01" } });
    await person.click(screen.getByRole("button", { name: /Repeats/u }));
    await person.click(await screen.findByRole("option", { name: "Weekly" }));
    await person.click(screen.getByText("Wed"));
    fireEvent.change(screen.getByTestId("schedule-invitee"), { target: { value: "bob@example.org, nobody" } });
    await person.type(screen.getByTestId("schedule-invitee"), "{Enter}");
    expect(screen.getByText("Not an email address: nobody")).toBeTruthy();
    expect(screen.getByText("bob@example.org")).toBeTruthy();
    await person.click(screen.getByTestId("schedule-submit"));
    await waitFor(() => expect(window.location.pathname).toBe("/meetings/m-1"));
    expect(sent(core.calls, "schedule")).toMatchObject({
      title: "Stand-up",
      durationMin: 60,
      recurrence: "FREQ=WEEKLY;BYDAY=MO,WE",
      invitees: [{ email: "bob@example.org" }],
    });
  });

  it("says at the date that it lies in the past", async () => {
    const core = fakeCore();
    core.failures.set("schedule", problem("start_invalid"));
    const { person } = await openApp({ path: "/schedule", core, locale: "zh-CN" });
    await person.click(await screen.findByTestId("schedule-submit"));
    expect(await screen.findByText("请选择尚未过去的日期和时间。")).toBeTruthy();
  });

  it("leads who is not signed in to the door", async () => {
    await openApp({ path: "/schedule", core: fakeCore(false) });
    const door = await screen.findAllByRole("link", { name: "Sign in" });
    expect(door.map((link) => link.getAttribute("href"))).toContain("/login?next=%2Fschedule");
  });
});

describe("a meeting that is planned", { timeout: 20_000 }, () => {
  it("is changed as a whole, from the version that the person saw", async () => {
    const { core, person } = await openApp({ path: "/meetings/m-9/edit", core: coreWith(SERIES) });
    await person.click(await screen.findByRole("button", { name: /Only this meeting/u }, SLOW));
    await person.click(await screen.findByRole("option", { name: "All that are to come" }));
    fireEvent.change(screen.getByTestId("schedule-title"), { target: { value: "Later" } });
    await person.click(screen.getByTestId("schedule-submit"));
    await waitFor(() => expect(sent(core.calls, "change")).toEqual(["m-9", { title: "Later" }, "all", 7]));
  });

  it("tells when it comes again, who is invited and what they answered", async () => {
    const { person } = await openApp({ path: "/meetings/m-9", core: coreWith(SERIES) });
    expect(await screen.findByText("Every week on Mon, 5 times")).toBeTruthy();
    expect(await screen.findByText("1 accepted, 0 maybe, 1 declined, 1 without an answer")).toBeTruthy();
    await person.click(screen.getByRole("button", { name: "Copy in Chinese" }));
    const copied = await navigator.clipboard.readText();
    expect(copied).toContain("林小雨 邀请你参加“Weekly”。");
    expect(copied).toContain("https://meet.example.org/m/123456789");
  });

  it("is cancelled after a question, with those after it", async () => {
    const { core, person } = await openApp({ path: "/meetings/m-9", core: coreWith(SERIES) });
    await person.click(await screen.findByTestId("cancel-meeting"));
    expect(sent(core.calls, "cancel")).toBeNull();
    await person.click(screen.getByRole("button", { name: /Only this meeting/u }));
    await person.click(await screen.findByRole("option", { name: "This one and those after it" }));
    await person.click(screen.getByTestId("cancel-confirm"));
    await waitFor(() => expect(sent(core.calls, "cancel")).toEqual(["m-9", "following"]));
  });

  it("is answered by who is invited", async () => {
    const invited = { ...SERIES, isHost: false, answer: "needs_action" as const };
    const { core, person } = await openApp({ path: "/meetings/m-9", core: coreWith(invited) });
    await person.click(await screen.findByTestId("answer-tentative"));
    await waitFor(() => expect(sent(core.calls, "answer")).toEqual(["m-9", "tentative"]));
    expect(screen.queryByTestId("edit-meeting")).toBeNull();
  });
});

describe("a meeting that took place", () => {
  it("shows its host who was there, and when", async () => {
    const { person } = await openApp({ path: "/meetings/m-1" });
    await person.click(await screen.findByTestId("show-attendance"));
    const table = await screen.findByRole("table");
    expect(within(table).getByText("周明")).toBeTruthy();
    expect(within(table).getByText("40 minutes")).toBeTruthy();
  });
});

describe("the link of an invitation", () => {
  it("answers only when the button is pressed, without an account", async () => {
    const core = fakeCore(false);
    core.plans.invitation = demoPlans(new Date()).invitation;
    const { person } = await openApp({ path: "/rsvp/secret?answer=accepted", core });
    const send = await screen.findByTestId("rsvp-send");
    expect(sent(core.calls, "answerInvitation")).toBeNull();
    await person.click(send);
    expect(await screen.findByText("Your answer: Accepted. You can change it here at any time.")).toBeTruthy();
    expect(sent(core.calls, "answerInvitation")).toEqual(["secret", "accepted"]);
  });

  it("says when the meeting was cancelled", async () => {
    const core = fakeCore(false);
    core.plans.invitation = { ...demoPlans(new Date()).invitation!, status: "cancelled" };
    await openApp({ path: "/rsvp/secret", core, locale: "zh-CN" });
    expect(await screen.findByText("会议已取消。")).toBeTruthy();
    expect(screen.queryByTestId("rsvp-send")).toBeNull();
  });
});

describe("rooms", () => {
  it("keep what their meetings begin with", async () => {
    const { core, person } = await openApp({ path: "/rooms" });
    await person.click(await screen.findByTestId("room-settings"));
    await person.click(await screen.findByRole("button", { name: /Who waits in the lobby/u }));
    await person.click(await screen.findByRole("option", { name: "Guests" }));
    await person.click(await screen.findByRole("button", { name: /^Chat|Chat$/u }));
    await person.click(await screen.findByRole("option", { name: "Participants write to hosts only" }));
    await person.click(screen.getByTestId("save-room"));
    await waitFor(() => expect(sent(core.calls, "changeRoom")).toMatchObject(["r-1", { options: { lobby: "guests", attendeesMayChat: "hosts" } }]));
  });

  it("show the calendar's address once", async () => {
    const { person } = await openApp({ path: "/rooms" });
    await person.click(await screen.findByTestId("make-feed"));
    expect((await screen.findByTestId("feed-url")).textContent).toContain("/calendar/secret.ics");
  });

  it("are opened by their owner through the link", async () => {
    const { core, person } = await openApp({ path: "/r/abc-defg-hjk" });
    await person.click(await screen.findByTestId("open-room"));
    await waitFor(() => expect(window.location.pathname).toBe("/m/123456789"));
    expect(core.calls).toContain('openRoom "r-1"');
  });
});

describe("who comes early", () => {
  it("is told from when on", async () => {
    const core = fakeCore(false);
    core.preview = { ...core.preview, entry: "before_time", startsAt: "2030-04-01T08:00:00Z", opensAt: "2030-04-01T07:45:00Z" };
    await openApp({ path: "/m/123456789", core });
    expect(await screen.findByText(/You can join from/u)).toBeTruthy();
  });
});
