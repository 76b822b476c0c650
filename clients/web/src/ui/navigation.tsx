/** Where the person is: the browser's history as a store, and links that use it. */
import { useSyncExternalStore } from "react";
import { Link } from "react-aria-components";
import type { LinkProps } from "react-aria-components";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** Goes to a path of this application without loading the page again. */
export function navigate(path: string, how: "push" | "replace" = "push"): void {
  if (how === "push") window.history.pushState(null, "", path);
  else window.history.replaceState(null, "", path);
  for (const listener of [...listeners]) listener();
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

/** A path of this application that was handed over in a query, or `fallback`; never another site. */
export function safePath(candidate: string | null, fallback: string): string {
  if (candidate === null || !/^\/(?![/\\])/.test(candidate)) return fallback;
  return candidate;
}

/** A link inside the application; react-aria's RouterProvider turns it into `navigate`. */
export function AppLink(props: LinkProps & { href: string }) {
  return <Link {...props} />;
}
