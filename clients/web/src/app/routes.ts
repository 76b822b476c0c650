/** Which screen an address stands for. */
import type { AdminPart } from "../features/admin";

export type Route =
  | { screen: Plain }
  | { screen: "meeting" | "room" | "rsvp" | "details" | "edit"; reference: string }
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
  | "schedule"
  | "rooms"
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
  "/schedule": "schedule",
  "/rooms": "rooms",
};

const ADMIN: Record<string, AdminPart> = {
  "/admin": "users",
  "/admin/live": "live",
  "/admin/audit": "audit",
  "/admin/clients": "clients",
  "/admin/webhooks": "webhooks",
};

/** Screens of one thing each, by what stands before its name. */
const NAMED: [RegExp, Extract<Route, { reference: string }>["screen"]][] = [
  [/^\/m\/([^/]+)$/u, "meeting"],
  [/^\/r\/([^/]+)$/u, "room"],
  [/^\/rsvp\/([^/]+)$/u, "rsvp"],
  [/^\/meetings\/([^/]+)$/u, "details"],
  [/^\/meetings\/([^/]+)\/edit$/u, "edit"],
];

export function matchRoute(path: string): Route {
  const tidy = path.length > 1 ? path.replace(/\/+$/u, "") : path;
  for (const [pattern, screen] of NAMED) {
    const reference = pattern.exec(tidy)?.[1];
    if (reference !== undefined) return { screen, reference: decode(reference) };
  }
  if (Object.hasOwn(ADMIN, tidy)) return { screen: "admin", part: ADMIN[tidy] ?? "users" };
  return { screen: Object.hasOwn(SCREENS, tidy) ? (SCREENS[tidy] ?? "not-found") : "not-found" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
