/** Which screen an address stands for. */
import type { AdminPart } from "../features/admin";

export type Route =
  | { screen: Plain }
  | { screen: "meeting"; reference: string }
  | { screen: "admin"; part: AdminPart };

type Plain =
  | "home"
  | "login"
  | "register"
  | "forgot-password"
  | "reset-password"
  | "confirm-email"
  | "settings"
  | "test-connection"
  | "webhooks"
  | "not-found";

const SCREENS: Record<string, Plain> = {
  "/": "home",
  "/login": "login",
  "/register": "register",
  "/forgot-password": "forgot-password",
  "/reset-password": "reset-password",
  "/confirm-email": "confirm-email",
  "/settings": "settings",
  "/test-connection": "test-connection",
  "/admin/webhooks": "webhooks",
};

const ADMIN: Record<string, AdminPart> = { "/admin": "users", "/admin/live": "live", "/admin/audit": "audit" };

export function matchRoute(path: string): Route {
  const tidy = path.length > 1 ? path.replace(/\/+$/u, "") : path;
  const reference = /^\/m\/([^/]+)$/u.exec(tidy)?.[1];
  if (reference !== undefined) return { screen: "meeting", reference: decode(reference) };
  const part = ADMIN[tidy];
  return part === undefined ? { screen: SCREENS[tidy] ?? "not-found" } : { screen: "admin", part };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
