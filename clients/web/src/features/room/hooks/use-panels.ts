/** One side panel at a time; the focus goes in with it and comes back when it closes. */
import { useCallback, useRef, useState } from "react";
import type { RefObject } from "react";

export type Panel = "info" | "people" | "chat" | "polls";

export interface Panels {
  open: Panel | null;
  toggle: (panel: Panel) => void;
  /** Opens it, or leaves it open. */
  show: (panel: Panel) => void;
  close: () => void;
}

/** `rest`: where the focus goes when what opened the panel is gone, as what was chosen in a menu is. */
export function usePanels(rest: RefObject<HTMLElement | null>): Panels {
  const [open, setOpen] = useState<Panel | null>(null);
  const opener = useRef<Element | null>(null);

  const close = useCallback(() => {
    setOpen(null);
    const target = opener.current;
    opener.current = null;
    // After React has removed the panel: a focused element that goes takes the focus to the page.
    setTimeout(() => {
      const isThere = target instanceof HTMLElement && target.isConnected && target !== document.body;
      (isThere ? target : rest.current)?.focus();
    }, 0);
  }, [rest]);

  const show = useCallback(
    (panel: Panel) => {
      if (open === null) opener.current = document.activeElement;
      setOpen(panel);
    },
    [open],
  );

  const toggle = useCallback(
    (panel: Panel) => {
      if (open === panel) close();
      else show(panel);
    },
    [open, close, show],
  );

  return { open, toggle, show, close };
}
