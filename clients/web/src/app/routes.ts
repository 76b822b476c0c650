/** Which screen an address stands for. */

export type Route =
  | { screen: "home" | "login" | "register" | "settings" | "test-connection" | "not-found" }
  | { screen: "meeting"; reference: string };

const SCREENS: Record<string, Exclude<Route, { screen: "meeting" }>["screen"]> = {
  "/": "home",
  "/login": "login",
  "/register": "register",
  "/settings": "settings",
  "/test-connection": "test-connection",
};

export function matchRoute(path: string): Route {
  const tidy = path.length > 1 ? path.replace(/\/+$/u, "") : path;
  const reference = /^\/m\/([^/]+)$/u.exec(tidy)?.[1];
  if (reference !== undefined) return { screen: "meeting", reference: decode(reference) };
  return { screen: SCREENS[tidy] ?? "not-found" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
