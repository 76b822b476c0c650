import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { fakeCore } from "../testing/fake-core";
import { fakeSession, participant, self } from "../testing/fake-session";
import { openApp, openRoom } from "../testing/render";

const ADA = participant({ participantId: "p-1", displayName: "Ada" });
const WANG = participant({ participantId: "p-2", displayName: "王建国", microphone: false, camera: false });
const knocking = (participantId: string, displayName: string) => ({
  participantId, displayName, isGuest: true, askedAt: "2026-01-05T09:04:00Z",
});

function room(part: Parameters<typeof fakeSession>[0] = {}) {
  return fakeCore(undefined, fakeSession({ participants: [self(), ADA, WANG], ...part }));
}

describe("the lobby", () => {
  const place = { position: 2, waiting: 3, hostPresent: true, messages: [] };

  it("shows who waits their place and what hosts say, and goes on by itself", async () => {
    const core = room({ phase: "waiting", place, participants: [] });
    const { person } = await openApp({ path: "/m/123456789", core });
    await person.click(await screen.findByTestId("join-button"));
    const card = await screen.findByTestId("lobby");
    expect(document.activeElement?.textContent).toBe("Asking to join…");
    expect(within(card).getByTestId("lobby-position").textContent).toBe("1 person is before you.");
    const messages = [{ seq: 1, displayName: "Host", body: "Soon.", sentAt: "" }];
    act(() => core.session.view.patch({ place: { ...place, position: 1, hostPresent: false, messages } }));
    expect(within(card).getByTestId("lobby-position").textContent).toBe("You’re next.");
    expect(within(card).getByText("Soon.")).toBeTruthy();
    expect(within(card).getByText(/isn’t here yet/)).toBeTruthy();
    act(() => core.session.view.patch({ phase: "live", place: null, participants: [self(), ADA] }));
    expect(await screen.findByTestId("leave")).toBeTruthy();
  });

  it("tells who was not let in", async () => {
    const core = room({ phase: "waiting", place, participants: [] });
    const { person } = await openApp({ path: "/m/123456789", core, locale: "zh-CN" });
    await person.click(await screen.findByTestId("join-button"));
    await screen.findByTestId("lobby");
    act(() => core.session.view.patch({ phase: "ended", endReason: "denied", place: null }));
    expect(await screen.findByText("你未获准加入")).toBeTruthy();
  });

  it("lets a host admit from the notice and from the list, and write to all", async () => {
    const waiting = [knocking("w-1", "Ann"), knocking("w-2", "Ben")];
    const { person, session } = await openRoom({ core: room({ lobby: { waiting, messages: [] } }) });
    expect(screen.getByTestId("lobby-toast").textContent).toContain("Ann and 1 more ask to join");
    await person.click(screen.getByTestId("toast-admit"));
    await person.click(screen.getByTestId("lobby-show-all"));
    await person.click(screen.getByTestId("admit-w-2"));
    await person.type(screen.getByTestId("lobby-message"), "Soon.");
    await person.click(screen.getByTestId("lobby-send"));
    await person.click(screen.getByTestId("admit-all"));
    expect(session.calls.filter((call) => !call.startsWith("setTiles"))).toEqual([
      "admit w-1", "admit w-2", "sayToLobby Soon.", "admitAll",
    ]);
  });
});

describe("a host", () => {
  it("decides about one person in a menu", async () => {
    const { person, session } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("open-people"));
    for (const action of ["ask-to-unmute", "spotlight"]) {
      await person.click(screen.getByTestId("person-menu-p-2"));
      await person.click(await screen.findByTestId(`${action}-p-2`));
    }
    await person.click(screen.getByTestId("person-menu-p-2"));
    await person.click(await screen.findByRole("menuitemradio", { name: "Presenter" }));
    await person.click(screen.getByTestId("person-menu-p-2"));
    await person.click(await screen.findByTestId("rename-p-2"));
    await person.clear(await screen.findByTestId("new-name"));
    await person.type(screen.getByTestId("new-name"), "Wang{Enter}");
    const done = ["askToUnmute p-2", "spotlight p-2", "setRole p-2 presenter", "rename p-2 Wang"];
    expect(session.calls).toEqual(expect.arrayContaining(done));
  });

  it("mutes everybody, pauses, changes what holds, and lets somebody come again", async () => {
    const { person, session } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("open-people"));
    await person.click(screen.getByTestId("mute-all"));
    await person.click(await screen.findByRole("switch", { name: "Participants may unmute themselves" }));
    await person.click(screen.getByTestId("confirm-mute-all"));
    await person.click(screen.getByTestId("freeze"));
    await person.click(screen.getByTestId("meeting-options"));
    await person.click(await screen.findByRole("switch", { name: "Participants may share their screen" }));
    await person.click(screen.getByRole("switch", { name: "Participants may turn their camera on" }));
    await person.click(screen.getByRole("button", { name: "Close", hidden: false }));
    await person.click(screen.getByTestId("open-bans"));
    await person.click(await screen.findByRole("button", { name: "Let in again: Mallory" }));
    const done = [
      "muteAll true",
      "freeze true",
      'setOptions {"attendeesMayShare":false}',
      'setOptions {"attendeesMayUseCamera":false}',
      "unban p-9",
    ];
    await waitFor(() => expect(session.calls).toEqual(expect.arrayContaining(done)));
  });

  it("gives the floor to the next raised hand", async () => {
    const raised = { ...WANG, handRaisedAt: "2026-01-05T10:01:00Z" };
    const { person, session } = await openRoom({ core: room({ participants: [self(), ADA, raised] }) });
    await person.click(screen.getByTestId("open-people"));
    await person.click(screen.getByTestId("next-hand"));
    expect(session.calls).toEqual(expect.arrayContaining(["lowerHand p-2", "askToUnmute p-2"]));
  });

  it("finds people by name among many", async () => {
    const many = Array.from({ length: 9 }, (_, index) => participant({ participantId: `q-${index}`, displayName: `Quin ${index}` }));
    const { person } = await openRoom({ core: room({ participants: [self(), ADA, ...many] }) });
    await person.click(screen.getByTestId("open-people"));
    await person.type(screen.getByTestId("search-people"), "ada");
    expect(screen.getByTestId("person-p-1")).toBeTruthy();
    expect(screen.queryByTestId("person-q-1")).toBeNull();
  });
});

describe("everybody else", () => {
  it("is asked before their microphone goes on", async () => {
    const core = room({ role: "attendee", participants: [self({ role: "attendee", microphone: false }), ADA] });
    core.deviceState.patch({ microphoneOn: false });
    const { person, session } = await openRoom({ core });
    act(() => session.notify({ type: "asked_to_unmute" }));
    await person.click(await screen.findByTestId("unmute-now"));
    expect(core.deviceState.get().microphoneOn).toBe(true);
  });

  it("reads that the meeting is paused, and has no tools", async () => {
    const core = room({ role: "attendee", participants: [self({ role: "attendee" }), ADA] });
    const { session } = await openRoom({ core });
    const { meeting } = session.view.get();
    if (meeting !== null) act(() => session.view.patch({ meeting: { ...meeting, frozen: true } }));
    expect(within(screen.getByTestId("freeze-banner")).queryByRole("button")).toBeNull();
  });
});

describe("the keyboard", () => {
  it("begins at the stage, and walks through the bar with the arrow keys", async () => {
    const { person } = await openRoom({ core: room() });
    expect(document.activeElement?.tagName).toBe("H1");
    act(() => screen.getByTestId("toggle-microphone").focus());
    await person.keyboard("{ArrowRight}{ArrowRight}");
    expect(document.activeElement).toBe(screen.getByTestId("toggle-camera"));
  });

  it("goes on at the heading after leaving", async () => {
    const core = room({ role: "attendee", participants: [self({ role: "attendee" }), ADA] });
    const { person } = await openRoom({ core });
    await person.click(screen.getByTestId("leave"));
    await waitFor(() => expect(document.activeElement?.textContent).toBe("You left the meeting"));
  });
});
