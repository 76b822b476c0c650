/** How the web client is built, served while developing (with the server on port 8800), and tested. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { precompress } from "./build/precompress.ts";
import { sizeBudget } from "./build/size-budget.ts";

const SERVER = "http://localhost:8800";

export default defineConfig({
  plugins: [react(), sizeBudget({ startKb: 250, totalKb: 400 }), precompress()],
  server: {
    proxy: {
      "/api": SERVER,
      "/ws": { target: SERVER, ws: true },
    },
  },
  build: {
    target: "es2022",
    // The server forbids data: scripts, and small files cost nothing over HTTP/2.
    assetsInlineLimit: 0,
  },
  test: {
    // Only what hangs needs an end: other tests keep the cores busy meanwhile.
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "core", environment: "node", include: ["src/core/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "interface",
          environment: "jsdom",
          include: ["src/{app,features,i18n,ui}/**/*.test.{ts,tsx}"],
          setupFiles: ["src/testing/patience.ts"],
        },
      },
    ],
  },
});
