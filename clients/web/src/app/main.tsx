/** Starts the application: language, core, screen. */
import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/popover.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createCore } from "../core";
import { startI18n } from "../i18n";
import { App } from "./app";

async function start(): Promise<void> {
  await startI18n();
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  createRoot(root).render(
    <StrictMode>
      <App core={createCore()} />
    </StrictMode>,
  );
}

void start();
