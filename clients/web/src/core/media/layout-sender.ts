/** Tells the server which tiles are visible: at once when it was quiet, else at most every 100 ms. */
import type { LayoutSlot, MediaLayout } from "../protocol";
import type { TileRequest } from "../types";
import { assignSlots, isSameLayout } from "./layout";

const PAUSE_MS = 100;

export interface LayoutSender {
  want(tiles: readonly TileRequest[]): void;
  /** The server knows nothing: a new connection, whose slots are these; none while there is none. */
  restart(mids: readonly string[]): void;
  /** Says it again: the last time was not heard. */
  repeat(): void;
  close(): void;
}

export function createLayoutSender(send: (layout: MediaLayout) => void): LayoutSender {
  let mids: readonly string[] = [];
  let tiles: readonly TileRequest[] = [];
  let sent: readonly LayoutSlot[] | null = null;
  let pause: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (mids.length === 0) return;
    const slots = assignSlots(mids, tiles, sent ?? []);
    if (isSameLayout(slots, sent ?? [])) return;
    sent = slots;
    send({ slots });
    pause = setTimeout(() => {
      pause = null;
      flush();
    }, PAUSE_MS);
  }

  function repeat(): void {
    sent = null;
    if (pause === null) flush();
  }

  return {
    repeat,
    want(next) {
      tiles = next;
      if (pause === null) flush();
    },
    restart(next) {
      mids = next;
      repeat();
    },
    close() {
      mids = [];
      if (pause !== null) clearTimeout(pause);
    },
  };
}
