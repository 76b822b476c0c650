import type { KnipConfig } from "knip";

const config: KnipConfig = {
  // index.html loads src/app/main.tsx.
  // testing/demo.tsx is a page for looking at screens while designing, of the development server alone.
  entry: ["src/testing/demo.tsx"],
  project: ["src/**/*.{ts,tsx}", "build/**/*.{ts,js}"],
  // The generated protocol is whole, whether each type is used or not.
  ignore: ["src/core/protocol.ts"],
};

export default config;
