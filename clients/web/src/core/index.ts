/** The meeting without any interface: accounts, devices, signaling and media behind the types of `types.ts`. */
import type { Core } from "./types";

export function createCore(): Core {
  throw new Error("not wired yet");
}
