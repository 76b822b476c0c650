/** The time of day, in the person's way of writing it. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

const TICK_MS = 5000;

export function Clock() {
  const { i18n } = useTranslation();
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time className="control-clock numeric" dateTime={now.toISOString()}>
      {new Intl.DateTimeFormat(i18n.language, { timeStyle: "short" }).format(now)}
    </time>
  );
}
