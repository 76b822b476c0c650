/** OAuth clients on the administration's page. */
import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it } from "vitest";

import { fakeCore, problem, USER } from "../testing/fake-core";
import { openApp } from "../testing/render";

const path = "/admin/clients";
const RULES = { rules: { "color-contrast": { enabled: false } } };

const asAdmin = () => fakeCore({ ...USER, role: "admin" });

async function expectNoFaults() {
  const { violations } = await axe.run(document.body, RULES);
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

describe("OAuth clients", () => {
  it("are made by keyboard, show their secret once, and are in the list then", async () => {
    const { core, person } = await openApp({ path, core: asAdmin() });
    const open = await screen.findByTestId("new-client");
    await waitFor(() => expect(open.hasAttribute("disabled")).toBe(false));
    open.focus();
    await person.keyboard("{Enter}");
    await person.type(await screen.findByTestId("client-name"), "Moodle of the school");
    const scope = screen.getByRole("checkbox", { name: "meeting:create" });
    expect(scope.getAttribute("aria-describedby")).not.toBeNull();
    expect(document.getElementById(scope.getAttribute("aria-describedby")!)?.textContent).toBe("Start and schedule meetings");
    scope.focus();
    await person.keyboard(" ");
    await expectNoFaults();
    await person.click(screen.getByTestId("make-client"));
    expect((await screen.findByTestId("secret")).textContent).toBe("secret-once");
    expect(screen.getByTestId("client-id").textContent).toBe("c-2");
    const wanted = { name: "Moodle of the school", scopes: ["meeting:create"], userId: "u-1" };
    expect(core.calls).toContain(`createClient ${JSON.stringify(wanted)}`);
    await person.click(screen.getByRole("button", { name: "Close" }));
    expect(await screen.findByRole("listitem", { name: "Moodle of the school" })).toBeTruthy();
    expect(document.body.textContent).not.toContain("secret-once");
  });

  it("act for another account, within what its role may do", async () => {
    const { core, person } = await openApp({ path, core: asAdmin() });
    await person.click(await screen.findByTestId("new-client"));
    await person.type(screen.getByTestId("client-name"), "Kiosk");
    await person.click(screen.getByRole("checkbox", { name: "meeting:moderate" }));
    await person.click(screen.getByRole("checkbox", { name: "meeting:read" }));
    const holder = screen.getByTestId("client-holder");
    await person.clear(holder);
    await person.type(holder, "nobody@example.org");
    expect(await screen.findByText("We couldn’t find that account.")).toBeTruthy();
    expect(screen.getByTestId("make-client").hasAttribute("disabled")).toBe(true);
    await person.clear(holder);
    await person.type(holder, "BO@example.org");
    expect(await screen.findByText(/^Acts for Bo, User\./u)).toBeTruthy();
    expect(screen.queryByRole("checkbox", { name: "meeting:moderate" }), "a user may not").toBeNull();
    await person.click(screen.getByTestId("make-client"));
    await screen.findByTestId("secret");
    expect(core.calls).toContain(`createClient ${JSON.stringify({ name: "Kiosk", scopes: ["meeting:read"], userId: "u-2" })}`);
  });

  it("get another secret, and are deleted, each after a question", async () => {
    const { core, person } = await openApp({ path, core: asAdmin() });
    await person.click(await screen.findByRole("button", { name: "New secret: Moodle" }));
    expect(core.calls.join()).not.toContain("rotateClientSecret");
    await person.click(screen.getByTestId("confirm"));
    expect((await screen.findByTestId("secret")).textContent).toBe("secret-anew");
    await person.click(screen.getByRole("button", { name: "Close" }));
    await person.click(screen.getByRole("button", { name: "Delete: Moodle" }));
    await person.click(screen.getByTestId("confirm"));
    expect(await screen.findByText("There are no clients yet.")).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("new-client")));
  });

  it("say in Chinese, too, what the server refuses", async () => {
    const core = asAdmin();
    core.failures.set("rotateClientSecret", problem("rank_too_high"));
    const { person } = await openApp({ path, core, locale: "zh-CN" });
    await person.click(await screen.findByRole("button", { name: "更换密钥：Moodle" }));
    await person.click(screen.getByTestId("confirm"));
    expect(within(await screen.findByRole("alert")).getByText("只有更高的角色才能这样做。")).toBeTruthy();
    await expectNoFaults();
  });

  it("are for administrators", async () => {
    await openApp({ path, core: fakeCore() });
    expect(await screen.findByText("Page not found")).toBeTruthy();
  });
});
