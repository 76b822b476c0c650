/** Copies a text and says for a moment whether that worked. */
import { useCallback, useEffect, useState } from "react";

const SHOWN_MS = 3000;

export interface Copying {
  copied: boolean;
  /** No permission, or an insecure page: the person copies by hand. */
  failed: boolean;
  copy: (text: string) => Promise<void>;
}

export function useCopy(): Copying {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = useCallback(async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  }, []);
  return { copied: outcome === "copied", failed: outcome === "failed", copy };
}
