import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { fakeCore, meeting, problem } from "../testing/fake-core";
import { openApp } from "../testing/render";
import { matchRoute } from "./routes";

describe("addresses", () => {
  it.each([
    ["/", "home"],
    ["/login", "login"],
    ["/register/", "register"],
    ["/settings", "settings"],
    ["/test-connection", "test-connection"],
    ["/admin/webhooks", "admin"],
    ["/m/123456789", "meeting"],
    ["/m/", "not-found"],
    ["/m/1/2", "not-found"],
    ["/constructor", "not-found"],
    ["/schedule", "schedule"],
    ["/rooms", "rooms"],
    ["/r/abc-defg-hjk", "room"],
    ["/rsvp/secret", "rsvp"],
    ["/meetings/m-1", "details"],
    ["/meetings/m-1/edit", "edit"],
  ])("%s is %s", (path, name) => {
    expect(matchRoute(path).screen).toBe(name);
  });
});

describe("home", () => {
  it("says what this is to somebody signed out, in Chinese too", async () => {
    await openApp({ core: fakeCore(false), locale: "zh-CN" });
    expect(screen.getByRole("heading", { level: 1, name: "开会，就像面对面" })).toBeTruthy();
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(document.title).toBe("会议");
  });

  it("starts a meeting and goes there", async () => {
    const { core, person } = await openApp();
    await person.click(screen.getByTestId("new-meeting"));
    await waitFor(() => expect(window.location.pathname).toBe("/m/123456789"));
    expect(core.calls).toContain("create {}");
  });

  it("joins by a number with blanks and refuses what is none", async () => {
    const { person } = await openApp();
    await person.type(screen.getByTestId("join-reference"), "hello{Enter}");
    expect(await screen.findByText("That is neither a meeting number nor a meeting link.")).toBeTruthy();
    await person.clear(screen.getByTestId("join-reference"));
    await person.type(screen.getByTestId("join-reference"), "987 654 321{Enter}");
    expect(window.location.pathname).toBe("/m/987654321");
  });

  it("lists meetings and turns the pages", async () => {
    const core = fakeCore();
    core.plans.past = Array.from({ length: 12 }, (_, index) => meeting({ meetingId: `m-${index}`, title: `Meeting ${index}`, status: "ended" }));
    const { person } = await openApp({ core });
    await person.click(await screen.findByRole("tab", { name: "Past" }));
    expect(await screen.findByText("Meeting 0")).toBeTruthy();
    await person.click(screen.getByRole("button", { name: "Older" }));
    expect(await screen.findByText("Meeting 11")).toBeTruthy();
    await person.click(screen.getByRole("button", { name: "Newer" }));
    expect(await screen.findByText("Meeting 0")).toBeTruthy();
  });

  it("changes the language everywhere at once and remembers it", async () => {
    const { core, person } = await openApp();
    await person.click(screen.getByRole("button", { name: /Language/u }));
    await person.click(await screen.findByRole("menuitemradio", { name: "简体中文" }));
    expect(await screen.findByText("发起会议")).toBeTruthy();
    expect(localStorage.getItem("meeting.locale")).toBe("zh-CN");
    expect(core.calls).toContain('updateProfile {"locale":"zh-CN"}');
  });
});

describe("accounts", () => {
  it("names each wrong field before anything is sent", async () => {
    const { core, person } = await openApp({ path: "/register", core: fakeCore(false) });
    await person.type(screen.getByTestId("email"), "nobody");
    await person.type(screen.getByTestId("password"), "short");
    await person.click(screen.getByTestId("submit"));
    expect(screen.getByText("Enter a valid email address.")).toBeTruthy();
    expect(screen.getByText("Use at least 10 characters.")).toBeTruthy();
    expect(screen.getByText("Enter your name.")).toBeTruthy();
    expect(core.calls).toEqual([]);
  });

  it("registers in the language of the page and goes home", async () => {
    const { core, person } = await openApp({ path: "/register", core: fakeCore(false), locale: "zh-CN" });
    await person.type(screen.getByTestId("display-name"), "林小雨");
    await person.type(screen.getByTestId("email"), " xiaoyu@example.org ");
    await person.type(screen.getByTestId("password"), "correct horse battery");
    await person.click(screen.getByTestId("submit"));
    await waitFor(() => expect(window.location.pathname).toBe("/"));
    expect(core.calls[0]).toBe(
      'register {"email":"xiaoyu@example.org","password":"correct horse battery","displayName":"林小雨","locale":"zh-CN"}',
    );
  });

  it("tells a refusal at its field, in the person's language", async () => {
    const core = fakeCore(false);
    core.failures.set("register", problem("email_taken"));
    const { person } = await openApp({ path: "/register", core, locale: "zh-CN" });
    await person.type(screen.getByTestId("display-name"), "Ada");
    await person.type(screen.getByTestId("email"), "ada@example.org");
    await person.type(screen.getByTestId("password"), "correct horse battery");
    await person.click(screen.getByTestId("submit"));
    expect(await screen.findByText("该邮箱已注册过账号。")).toBeTruthy();
  });

  it("comes back to where the person wanted to go, but to no other site", async () => {
    const { person } = await openApp({ path: "/login?next=//evil.example.org", core: fakeCore(false) });
    await person.type(screen.getByTestId("email"), "ada@example.org");
    await person.type(screen.getByTestId("password"), "correct horse battery{Enter}");
    await waitFor(() => expect(window.location.href).toBe(`${window.location.origin}/`));
  });

  it("says how long to wait after too many attempts", async () => {
    const core = fakeCore(false);
    core.failures.set("login", problem("too_many", { retryAfterS: 12 }));
    const { person } = await openApp({ path: "/login", core });
    await person.type(screen.getByTestId("email"), "ada@example.org");
    await person.type(screen.getByTestId("password"), "correct horse battery{Enter}");
    expect(await screen.findByText("Too many attempts. Try again in 12 seconds.")).toBeTruthy();
  });
});

describe("settings", () => {
  it("saves the name", async () => {
    const { core, person } = await openApp({ path: "/settings" });
    // The page is loaded when it is first opened: that takes a moment here.
    const name = await screen.findByTestId("display-name", {}, { timeout: 5000 });
    await person.clear(name);
    await person.type(name, "Ada");
    await person.click(screen.getByTestId("submit"));
    await waitFor(() => expect(core.calls).toContain('updateProfile {"displayName":"Ada"}'));
    expect(await screen.findByText("Saved")).toBeTruthy();
  });

  it("come all at once: what comes late would move the button one is about to press", async () => {
    const core = fakeCore();
    const { sessions } = core.security;
    let answer: () => void = () => undefined;
    core.security.sessions = async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return sessions();
    };
    await openApp({ path: "/settings", core });
    await waitFor(() => expect(core.calls.join()).toContain("tokens"));
    expect(screen.queryByTestId("delete-account")).toBeNull();
    answer();
    await screen.findByTestId("delete-account");
    expect(screen.getByText("This device", { exact: false })).toBeTruthy();
  });

  it("asks before signing out everywhere", async () => {
    const { core, person } = await openApp({ path: "/settings" });
    await person.click(await screen.findByTestId("logout-everywhere"));
    expect(core.calls).not.toContain("logoutEverywhere null");
    await person.click(await screen.findByTestId("confirm"));
    await waitFor(() => expect(core.calls).toContain("logoutEverywhere null"));
  });
});

describe("the connection test", () => {
  it("shows each step and what they mean together", async () => {
    const { person } = await openApp({ path: "/test-connection" });
    await person.click(await screen.findByTestId("start-test"));
    expect(await screen.findByText("Meetings will work")).toBeTruthy();
    const udp = screen.getByTestId("step-udp");
    expect(udp.dataset.outcome).toBe("failed");
    expect(within(udp).getByText(/firewall blocks UDP/u)).toBeTruthy();
    expect(screen.getByTestId("download-report")).toBeTruthy();
  });
});

describe("an unknown address", () => {
  it("leads home", async () => {
    await openApp({ path: "/nowhere", locale: "zh-CN" });
    expect(screen.getByRole("heading", { name: "页面不存在" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "首页" })).toBeTruthy();
  });
});
