/** Files on their way to the server, for the next message. */
import { useEffect, useRef, useState } from "react";

import type { ChatFile } from "../../../core/types";
import { useCore } from "../../../ui/core";

const MOST_FILES = 10;

export interface Upload {
  id: number;
  name: string;
  /** 0..1 */
  progress: number;
  file: ChatFile | null;
  /** Why it did not arrive; null: it may yet. */
  failed: unknown;
}

export interface Uploads {
  items: Upload[];
  add: (files: Iterable<File>) => void;
  /** Stops it where it is not done. */
  remove: (id: number) => void;
  /** Hands over what is done, and begins anew. */
  take: () => ChatFile[];
  isBusy: boolean;
}

let lastId = 0;

export function useUploads(meetingId: string | null): Uploads {
  const { talk } = useCore();
  const [items, setItems] = useState<Upload[]>([]);
  const running = useRef(new Map<number, AbortController>());
  useEffect(() => {
    const controllers = running.current;
    return () => controllers.forEach((controller) => controller.abort());
  }, []);

  const change = (id: number, part: Partial<Upload>) =>
    setItems((old) => old.map((item) => (item.id === id ? { ...item, ...part } : item)));

  const begin = (source: File) => {
    if (meetingId === null) return;
    const id = ++lastId;
    const controller = new AbortController();
    running.current.set(id, controller);
    setItems((old) => [...old, { id, name: source.name, progress: 0, file: null, failed: null }]);
    talk
      .upload(meetingId, source, { onProgress: (progress) => change(id, { progress }), signal: controller.signal })
      .then(
        (file) => change(id, { file, progress: 1 }),
        (failed: unknown) => change(id, { failed }),
      )
      .finally(() => running.current.delete(id));
  };

  return {
    items,
    add: (files) => [...files].slice(0, MOST_FILES - items.length).forEach(begin),
    remove(id) {
      running.current.get(id)?.abort();
      setItems((old) => old.filter((item) => item.id !== id));
    },
    take() {
      const done = items.flatMap(({ file }) => (file === null ? [] : [file]));
      setItems([]);
      return done;
    },
    isBusy: items.some(({ file, failed }) => file === null && failed === null),
  };
}
