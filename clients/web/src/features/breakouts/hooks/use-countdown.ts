/** How long until a moment, as minutes and seconds; null without one. */
import { useEffect, useState } from "react";

const TICK_MS = 500;

export function useCountdown(endsAt: string | null): string | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (endsAt === null) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [endsAt]);
  if (endsAt === null) return null;
  const leftS = Math.max(0, Math.ceil((Date.parse(endsAt) - now) / 1000));
  return `${Math.floor(leftS / 60)}:${String(leftS % 60).padStart(2, "0")}`;
}
