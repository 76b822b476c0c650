/** Keeps a list at its end while the person reads there, and leaves it alone when they have scrolled up. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR_PX = 48;

export function useStickToEnd(newest: string) {
  const list = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const [hasNews, setHasNews] = useState(false);

  const toEnd = () => {
    sticks.current = true;
    setHasNews(false);
    list.current?.scrollTo({ top: list.current.scrollHeight });
  };
  const onScroll = () => {
    const element = list.current;
    if (element === null) return;
    sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    if (sticks.current) setHasNews(false);
  };

  useLayoutEffect(() => {
    if (sticks.current) list.current?.scrollTo({ top: list.current.scrollHeight });
    else setHasNews(true);
  }, [newest]);
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    // A keyboard that slides in makes the list shorter: stay at the end.
    const observer = new ResizeObserver(() => {
      if (sticks.current) element.scrollTo({ top: element.scrollHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return { list, onScroll, hasNews, toEnd };
}
