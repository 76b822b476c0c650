import { act, createEvent, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { fakeCore, problem } from "../testing/fake-core";
import { chatEntry, fakeSession, participant, self } from "../testing/fake-session";
import { openApp, openRoom } from "../testing/render";

const ADA = participant({ participantId: "p-1", displayName: "Ada" });
const WANG = participant({ participantId: "p-2", displayName: "王建国", microphone: false, camera: false });

function room(part: Parameters<typeof fakeSession>[0] = {}) {
  return fakeCore(undefined, fakeSession({ participants: [self(), ADA, WANG], ...part }));
}

describe("the door", () => {
  it("joins with the name of the account", async () => {
    const { core } = await openRoom();
    expect(core.calls).toContain('join {"reference":"123456789","displayName":"林小雨"}');
  });

  it("asks a guest for a name and remembers it", async () => {
    const core = fakeCore(false);
    const { person } = await openApp({ path: "/m/123456789", core });
    const button = await screen.findByTestId("join-button");
    expect(button.hasAttribute("disabled")).toBe(true);
    await person.type(screen.getByTestId("display-name"), "Grace");
    await person.click(button);
    await screen.findByTestId("leave");
    expect(localStorage.getItem("meeting.name")).toBe("Grace");
  });

  it("asks for the password when the meeting has one, and says when it is wrong", async () => {
    const core = fakeCore();
    core.failures.set("join", problem("meeting_password_wrong"));
    core.preview = { ...core.preview, hasPassword: true };
    const { person } = await openApp({ path: "/m/123456789", core });
    await person.type(await screen.findByTestId("meeting-password"), "guess");
    await person.click(screen.getByTestId("join-button"));
    expect(await screen.findByText("That password is wrong.")).toBeTruthy();
    await person.type(screen.getByTestId("meeting-password"), "2");
    await person.click(screen.getByTestId("join-button"));
    await screen.findByTestId("leave");
    expect(core.calls.at(-1)).toContain('"password":"guess2"');
  });

  it("sends guests to sign in where guests aren't allowed, and back", async () => {
    const core = fakeCore(false);
    core.preview = { ...core.preview, guestsAllowed: false };
    await openApp({ path: "/m/123456789", core });
    const link = await screen.findByRole("link", { name: "Sign in to join" });
    expect(link.getAttribute("href")).toBe("/login?next=%2Fm%2F123456789");
  });

  it("tells a meeting that isn't there from one that is", async () => {
    const core = fakeCore();
    core.failures.set("preview", problem("meeting_not_found", { status: 404 }));
    await openApp({ path: "/m/111111111", core, locale: "zh-CN" });
    expect(await screen.findByText("没有这个会议号对应的会议，请核对后重试。")).toBeTruthy();
  });

  it.each(["denied", "missing", "in_use", "system_blocked", "insecure"] as const)("explains a camera that is %s", async (why) => {
    const core = fakeCore();
    core.deviceState.patch({ cameraProblem: why, microphoneProblem: why });
    await openApp({ path: "/m/123456789", core });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toMatch(/camera/iu);
    expect(screen.getByText(/microphone/iu, { selector: ".notice-text" })).toBeTruthy();
  });
});

describe("the stage", () => {
  it("has a tile a person, one's own mirrored and never asked for", async () => {
    const core = room();
    await openRoom({ core });
    for (const id of ["p-self", "p-1", "p-2"]) expect(screen.getByTestId(`tile-${id}-camera`)).toBeTruthy();
    const wishes = core.session.calls.filter((call) => call.startsWith("setTiles")).at(-1);
    expect(wishes).toContain('"participantId":"p-1"');
    expect(wishes).not.toContain("p-self");
    expect(wishes).not.toContain("p-2");
  });

  it("gives a shared screen the stage and takes it back", async () => {
    const core = room();
    await openRoom({ core });
    act(() => core.session.view.patch({ participants: [self(), { ...ADA, screen: true }, WANG] }));
    expect(screen.getByTestId("tile-p-1-screen").dataset.place).toBe("main");
    act(() => core.session.view.patch({ participants: [self(), ADA, WANG] }));
    expect(screen.queryByTestId("tile-p-1-screen")).toBeNull();
    expect(screen.getByTestId("tile-p-1-camera").dataset.place).toBe("grid");
  });

  it("shows who speaks and whose hand is up", async () => {
    const core = room({ speakers: ["p-1"] });
    await openRoom({ core });
    expect(screen.getByTestId("tile-p-1-camera").dataset.speaking).toBe("");
    act(() => core.session.view.patch({ participants: [self(), ADA, { ...WANG, handRaisedAt: "2026-01-05T10:00:00Z" }] }));
    expect(within(screen.getByTestId("tile-p-2-camera")).getByRole("img", { name: "Hand raised, number 1" })).toBeTruthy();
  });

  it("shows the picture of a person without video, in the list and in the chat, too; guests have initials", async () => {
    const pictured = { ...WANG, avatarUrl: "/wang.webp" };
    const chat = [chatEntry({ messageId: "c1", participantId: "p-2", displayName: "王建国" })];
    const core = room({ participants: [self(), { ...ADA, camera: false }, pictured], pictures: { "p-2": "/wang.webp" }, chat });
    const { person } = await openRoom({ core });
    const isPicture = (place: HTMLElement) => place.querySelector("img.avatar")?.getAttribute("src");
    expect(isPicture(screen.getByTestId("tile-p-2-camera"))).toBe("/wang.webp");
    expect(screen.getByTestId("tile-p-1-camera").querySelector("span.avatar")?.textContent).toBe("A");
    await person.click(screen.getByTestId("open-people"));
    expect(isPicture(screen.getByTestId("person-p-2"))).toBe("/wang.webp");
    await person.click(screen.getByTestId("open-chat"));
    expect(isPicture(screen.getByRole("article"))).toBe("/wang.webp");
  });

  it.each([
    ["en", "fair", "Connection: Fair"],
    ["en", "poor", "Connection: Poor"],
    ["en", "lost", "Connection: Lost"],
    ["zh-CN", "fair", "连接质量：一般"],
    ["zh-CN", "poor", "连接质量：较差"],
    ["zh-CN", "lost", "连接质量：已断开"],
  ] as const)("shows in %s a connection that is %s, one's own too", async (locale, quality, text) => {
    const core = room({ participants: [self({ quality }), { ...ADA, quality }, WANG] });
    await openRoom({ core, locale });
    for (const [id, signs] of [["p-self", 1], ["p-1", 1], ["p-2", 0]] as const) {
      const tile = within(screen.getByTestId(`tile-${id}-camera`));
      expect(tile.queryAllByRole("img", { name: text })).toHaveLength(signs);
    }
  });

  it.each([
    ["en", "bandwidth", "Paused: your connection is slow"],
    ["zh-CN", "bandwidth", "你的网络较慢，画面已暂停"],
    ["en", "codec", "This browser can’t show this picture"],
    ["zh-CN", "codec", "此浏览器无法显示该画面"],
    ["en", "other", "Picture paused"],
    ["zh-CN", "other", "画面已暂停"],
  ] as const)("says in %s why a picture stands (%s), for as long as it should be there", async (locale, reason, text) => {
    const core = room();
    await openRoom({ core, locale });
    const tile = within(screen.getByTestId("tile-p-1-camera"));
    expect(tile.queryByText(text)).toBeNull();
    core.session.paused.set("p-1-camera", reason);
    act(() => core.session.tilesChanged.set(1));
    expect(tile.getByText(text)).toBeTruthy();
    act(() => core.session.view.patch({ participants: [self(), { ...ADA, camera: false }, WANG] }));
    expect(tile.queryByText(text)).toBeNull();
  });

  it("pins a tile from its menu", async () => {
    const { person } = await openRoom({ core: room() });
    await person.click(screen.getByRole("button", { name: "Options for Ada" }));
    await person.click(await screen.findByRole("menuitem", { name: "Pin" }));
    expect(screen.getByTestId("tile-p-1-camera").dataset.place).toBe("main");
  });

  it("keeps the picture while reconnecting and says so quietly", async () => {
    const core = room();
    await openRoom({ core });
    act(() => core.session.view.patch({ phase: "reconnecting" }));
    expect(screen.getByTestId("reconnecting")).toBeTruthy();
    expect(screen.getByTestId("tile-p-1-camera")).toBeTruthy();
  });
});

describe("shortcuts", () => {
  it("switch microphone and camera, raise the hand, open chat and people", async () => {
    const { core, person, session } = await openRoom({ core: room() });
    await person.keyboard("{Control>}d{/Control}");
    expect(core.deviceState.get().microphoneOn).toBe(false);
    await person.keyboard("{Control>}e{/Control}");
    expect(core.deviceState.get().cameraOn).toBe(false);
    await person.keyboard("{Control>}{Shift>}h{/Shift}{/Control}");
    expect(session.calls).toContain("raiseHand true");
    await person.keyboard("p");
    expect(screen.getByRole("complementary", { name: "People" })).toBeTruthy();
    await person.keyboard("/");
    expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeTruthy();
  });

  it("let one talk while V is held", async () => {
    const { core } = await openRoom({ core: room() });
    act(() => core.deviceState.patch({ microphoneOn: false }));
    fireEvent.keyDown(document.body, { key: "v", code: "KeyV" });
    expect(core.deviceState.get().microphoneOn).toBe(true);
    fireEvent.keyUp(document.body, { key: "v", code: "KeyV" });
    expect(core.deviceState.get().microphoneOn).toBe(false);
  });

  it("do nothing while typing", async () => {
    const { core, person } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("open-chat"));
    await person.type(screen.getByTestId("chat-input"), "pvm/ ");
    await person.keyboard("{Control>}d{/Control}");
    expect(screen.getByRole("complementary", { name: "Chat" })).toBeTruthy();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(core.deviceState.get().microphoneOn).toBe(true);
  });
});

describe("chat", () => {
  it("sends with Enter, breaks the line with Shift+Enter, and keeps the draft", async () => {
    const { person, session } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("open-chat"));
    expect(document.activeElement).toBe(screen.getByTestId("chat-input"));
    await person.keyboard("one{Shift>}{Enter}{/Shift}two");
    await person.keyboard("{Escape}");
    expect(screen.queryByTestId("chat-input")).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("open-chat")));
    await person.keyboard("m");
    expect(screen.getByTestId<HTMLTextAreaElement>("chat-input").value).toBe("one\ntwo");
    await person.keyboard("{Enter}");
    expect(session.calls).toContain("sendChat one\ntwo");
  });

  it("doesn't send while an input method composes", async () => {
    const { session, person } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("open-chat"));
    const input = screen.getByTestId("chat-input");
    fireEvent.change(input, { target: { value: "ni hao" } });
    fireEvent.keyDown(input, { key: "Enter", isComposing: true });
    const safari = createEvent.keyDown(input, { key: "Enter", keyCode: 229 });
    fireEvent(input, safari);
    expect(session.calls.filter((call) => call.startsWith("sendChat"))).toEqual([]);
    fireEvent.keyDown(input, { key: "Enter", keyCode: 13 });
    expect(session.calls).toContain("sendChat ni hao");
  });

  it("counts what came while it was closed", async () => {
    const core = room({ chat: [chatEntry({ messageId: "old", seq: 4 })] });
    const { person } = await openRoom({ core });
    expect(screen.getByRole("button", { name: "Chat" })).toBeTruthy();
    act(() => core.session.view.patch({ chat: [...core.session.view.get().chat, chatEntry({ messageId: "new", seq: 5 })] }));
    await person.click(screen.getByRole("button", { name: "Chat, 1 unread message" }));
    expect(screen.getAllByTestId("chat-message")).toHaveLength(2);
    await person.keyboard("{Escape}");
    expect(screen.getByRole("button", { name: "Chat" })).toBeTruthy();
  });

  it("offers to send again what failed, and makes links safe", async () => {
    const failed = chatEntry({ messageId: "f", seq: null, isSelf: true, failed: problem("network"), body: "https://example.org" });
    const { person, session } = await openRoom({ core: room({ chat: [failed] }) });
    await person.click(screen.getByTestId("open-chat"));
    expect(screen.getByRole("link", { name: "https://example.org" }).getAttribute("rel")).toContain("noopener");
    await person.click(screen.getByRole("button", { name: "Try again" }));
    expect(session.calls).toContain("retryChat f");
  });

  it("fetches earlier messages", async () => {
    const { core, person } = await openRoom({ core: room({ chat: [chatEntry({ messageId: "x", seq: 201 })] }) });
    await person.click(screen.getByTestId("open-chat"));
    await person.click(screen.getByRole("button", { name: "Earlier messages" }));
    await waitFor(() => expect(core.calls).toContain('messages ["m-1",201]'));
  });
});

describe("people", () => {
  it("lets a host mute, and remove after asking", async () => {
    const { person, session } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("open-people"));
    await person.click(screen.getByTestId("mute-p-1"));
    expect(session.calls).toContain("muteParticipant p-1 microphone");
    await person.click(screen.getByTestId("person-menu-p-2"));
    await person.click(await screen.findByTestId("remove-p-2"));
    expect(session.calls).not.toContain("removeParticipant p-2");
    await person.click(await screen.findByTestId("confirm"));
    expect(session.calls).toContain("removeParticipant p-2");
    await person.click(screen.getByRole("switch", { name: "Lock meeting" }));
    expect(session.calls).toContain("lock true");
  });

  it("gives others no such tools", async () => {
    const core = room({ role: "attendee", participants: [self({ role: "attendee" }), ADA] });
    const { person } = await openRoom({ core });
    await person.click(screen.getByTestId("open-people"));
    expect(screen.getByTestId("person-p-1")).toBeTruthy();
    expect(screen.queryByTestId("mute-p-1")).toBeNull();
    expect(screen.queryByTestId("person-menu-p-1")).toBeNull();
    expect(screen.queryByRole("switch")).toBeNull();
  });

  it("puts raised hands in a queue", async () => {
    const hands = [
      { ...ADA, handRaisedAt: "2026-01-05T10:02:00Z" },
      { ...WANG, handRaisedAt: "2026-01-05T10:01:00Z" },
    ];
    const { person } = await openRoom({ core: room({ participants: [self(), ...hands] }) });
    await person.click(screen.getByTestId("open-people"));
    const queue = within(screen.getByRole("list", { name: "Raised hands" })).getAllByRole("listitem");
    expect(queue.map((row) => row.dataset.testid)).toEqual(["person-p-2", "person-p-1"]);
  });
});

describe("notices", () => {
  it("join arrivals into one sentence", async () => {
    const { session } = await openRoom({ core: room() });
    act(() => {
      for (const displayName of ["Ada", "Grace", "Linus"]) session.notify({ type: "joined", displayName });
    });
    expect((await screen.findByTestId("toast", undefined, { timeout: 3000 })).textContent).toBe("Ada and 2 others joined");
  });

  it("tell what the person did and the server refused", async () => {
    const { person, session } = await openRoom({ core: room() });
    // What the core rejects with are Problems, as types.ts says.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    session.lock = () => Promise.reject(problem("forbidden"));
    await person.click(screen.getByTestId("open-people"));
    await person.click(screen.getByRole("switch", { name: "Lock meeting" }));
    expect((await screen.findByTestId("toast")).textContent).toBe("You aren’t allowed to do that.");
  });

  it("tell who muted, in Chinese", async () => {
    const { session } = await openRoom({ core: room(), locale: "zh-CN" });
    act(() => session.notify({ type: "muted_by_host", source: "microphone" }));
    expect(screen.getByTestId("toast").textContent).toBe("主持人已将你静音");
  });
});

describe("the end", () => {
  it("lets a guest leave at once and come back", async () => {
    const core = room({ role: "attendee" });
    const { person } = await openRoom({ core });
    await person.click(screen.getByTestId("leave"));
    expect(await screen.findByText("You left the meeting")).toBeTruthy();
    expect(core.calls).toContain("release");
    await person.click(screen.getByTestId("rejoin"));
    expect(await screen.findByTestId("join-button")).toBeTruthy();
  });

  it("lets a host choose between leaving and ending", async () => {
    const { person, session } = await openRoom({ core: room() });
    await person.click(screen.getByTestId("leave"));
    await person.click(await screen.findByTestId("end-for-all"));
    await person.click(await screen.findByTestId("confirm"));
    expect(session.calls).toContain("endForAll");
    expect(await screen.findByText("The meeting has ended")).toBeTruthy();
  });

  it.each([
    ["removed", false],
    ["ended", false],
    ["replaced", true],
    ["refused", true],
  ] as const)("after being %s offers to rejoin: %s", async (endReason, offered) => {
    const core = room();
    await openRoom({ core });
    act(() => core.session.view.patch({ phase: "ended", endReason }));
    await screen.findByRole("link", { name: "Home" });
    expect(screen.queryByTestId("rejoin") !== null).toBe(offered);
  });
});

describe("on a phone", () => {
  it("there are six buttons, and the rest is in a sheet", async () => {
    const { person } = await openRoom({ core: room(), phone: true });
    const bar = screen.getByRole("toolbar", { name: "Meeting controls" });
    expect(within(bar).getAllByRole("button")).toHaveLength(6);
    await person.click(screen.getByTestId("open-more"));
    await person.click(await screen.findByTestId("open-people"));
    expect(await screen.findByRole("complementary", { name: "People" })).toBeTruthy();
  });
});
