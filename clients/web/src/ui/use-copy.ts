/** Copies a text and says so for a moment. */
import { useCallback, useEffect, useState } from "react";

const SHOWN_MS = 2000;

export function useCopy(): { copied: boolean; copy: (text: string) => Promise<boolean> } {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);
  const copy = useCallback(async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      return true;
    } catch {
      // No permission, or an insecure page: the caller shows the text to be copied by hand.
      return false;
    }
  }, []);
  return { copied, copy };
}
