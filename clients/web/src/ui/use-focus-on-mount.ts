/** Puts the focus where something new begins, so that the keyboard and a screen reader go on from there. */
import { useEffect, useRef } from "react";

export function useFocusOnMount<T extends HTMLElement = HTMLHeadingElement>() {
  const element = useRef<T>(null);
  useEffect(() => {
    element.current?.focus({ preventScroll: true });
  }, []);
  return element;
}
