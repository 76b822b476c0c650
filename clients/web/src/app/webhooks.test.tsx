import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { takePass } from "../features/prejoin/pass";
import { fakeCore, problem, USER } from "../testing/fake-core";
import { openApp } from "../testing/render";

const path = "/admin/webhooks";

describe("webhooks", () => {
  it("are made, show their secret once, are tested, sent again and deleted", async () => {
    const { core, person } = await openApp({ path, core: fakeCore({ ...USER, role: "admin" }) });
    await person.click(await screen.findByTestId("webhook-new"));
    await person.type(screen.getByTestId("webhook-url"), "hooks.example.org/a");
    await person.click(screen.getByRole("switch", { name: "somebody joins" }));
    await person.click(screen.getByTestId("webhook-create"));
    expect((await screen.findByTestId("webhook-secret")).textContent).toBe("whsec_dGVzdA==");
    const events = ["meeting.started", "meeting.ended", "participant.joined"];
    const wanted = { url: "https://hooks.example.org/a", description: "", events, covers: "everything" };
    expect(core.calls).toContain(`webhooks.create ${JSON.stringify(wanted)}`);
    await person.click(screen.getByRole("button", { name: "Close" }));
    const row = await screen.findByRole("listitem", { name: "https://hooks.example.org/a" });
    await person.click(within(row).getByTestId("webhook-ping"));
    expect((await screen.findByTestId("delivery-state")).textContent).toContain("11 attempts");
    await person.click(screen.getByRole("button", { name: "Send all failed ones again" }));
    expect(core.calls).toContain("webhooks.replay null");
    await person.click(screen.getByRole("button", { name: "Close" }));
    await person.click(screen.getByRole("switch", { name: "On" }));
    await waitFor(() => expect(core.calls).toContain("webhooks.setActive false"));
    await person.click(screen.getByRole("button", { name: "Delete" }));
    await person.click(screen.getByTestId("confirm"));
    expect(await screen.findByText("There are no webhooks yet.")).toBeTruthy();
  });

  it("say at the address what is wrong with it, in Chinese too", async () => {
    const core = fakeCore();
    const { person } = await openApp({ path, core, locale: "zh-CN" });
    await person.click(await screen.findByTestId("webhook-new"));
    core.failures.set("webhooks.create", problem("webhook_url_refused"));
    await person.click(screen.getByTestId("webhook-create"));
    expect(await screen.findByText("无法使用该地址：必须是公网上的 https 地址。")).toBeTruthy();
  });

  it("are for who is signed in", async () => {
    await openApp({ path, core: fakeCore(false) });
    expect(await screen.findByText("Please sign in first.")).toBeTruthy();
  });
});

describe("a pass of other software", () => {
  it("is taken out of the address and kept for the page being loaded again", () => {
    sessionStorage.clear();
    window.history.replaceState(null, "", "/m/123456789#pass=secret&name=%E5%B0%8F%E6%98%8E");
    const first = takePass("123456789", window.location, window.history, sessionStorage);
    expect(first).toEqual({ code: "secret", name: "小明" });
    expect(window.location.hash).toBe("");
    expect(takePass("123456789", window.location, window.history, sessionStorage)).toEqual(first);
    expect(takePass("987654321", window.location, window.history, sessionStorage)).toBeNull();
  });

  it("goes with the join, under the name that it carries", async () => {
    sessionStorage.clear();
    const { core, person } = await openApp({ path: "/m/123456789#pass=secret&name=Tina", core: fakeCore(false) });
    await person.click(await screen.findByTestId("join-button"));
    const asked = { reference: "123456789", displayName: "Tina", passCode: "secret" };
    await waitFor(() => expect(core.calls).toContain(`join ${JSON.stringify(asked)}`));
    // The room is loaded on joining: it must be there before the page of these tests is gone.
    await screen.findByTestId("leave");
  });

  it("leads back to where its software wants its user", async () => {
    const core = fakeCore(false);
    core.session.leaveUrl = "https://moodle.example/course";
    const { person } = await openApp({ path: "/m/123456789#pass=secret&name=Tina", core });
    await person.click(await screen.findByTestId("join-button"));
    await screen.findByTestId("leave");
    act(() => core.session.view.patch({ phase: "ended", endReason: "ended" }));
    const link = await screen.findByRole("link", { name: "Back to where you came from" });
    expect(link.getAttribute("href")).toBe("https://moodle.example/course");
    expect(screen.queryByRole("link", { name: "Home" })).toBeNull();
  });
});
