import type { KnipConfig } from "knip";

const config: KnipConfig = {
  // index.html loads src/app/main.tsx.
  entry: ["src/app/main.tsx"],
  project: ["src/**/*.{ts,tsx}", "build/**/*.{ts,js}"],
  // The generated protocol is whole, whether each type is used or not.
  ignore: ["src/core/protocol.ts"],
  // The browser tests in tests/e2e load it into the pages.
  ignoreDependencies: ["axe-core"],
};

export default config;
