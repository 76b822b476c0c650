/** Puts the whole application with a fake core on the page, at an address and in a language. */
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import i18next from "i18next";
import { afterEach } from "vitest";

import { App } from "../app/app";
import { speak, startI18n } from "../i18n";
import type { Locale } from "../i18n";
import { completeBrowser } from "./browser";
import { fakeCore } from "./fake-core";
import type { FakeCore } from "./fake-core";

// What a test leaves on the page would go on drawing when the page of its file is gone.
afterEach(cleanup);

interface Options {
  path?: string;
  locale?: Locale;
  core?: FakeCore;
  phone?: boolean;
}

export async function openApp({ path = "/", locale = "en", core = fakeCore(), phone = false }: Options = {}) {
  cleanup();
  localStorage.clear();
  completeBrowser({ phone });
  if (i18next.isInitialized) await speak(locale);
  else await startI18n(locale);
  window.history.replaceState(null, "", path);
  const person = userEvent.setup();
  render(<App core={core} />);
  return { core, person };
}

/** Goes through the door; the stage is on screen afterwards. */
export async function openRoom(options: Options = {}) {
  const opened = await openApp({ path: "/m/123456789", ...options });
  await opened.person.click(await screen.findByTestId("join-button"));
  await screen.findByTestId("leave", undefined, { timeout: 5000 });
  return { ...opened, session: opened.core.session };
}
