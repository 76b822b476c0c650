/** The parts of the administration, in the order of their tabs. */

export type AdminPart = "users" | "live" | "audit" | "clients" | "webhooks";

export const PARTS: { part: AdminPart; path: string }[] = [
  { part: "users", path: "/admin" },
  { part: "live", path: "/admin/live" },
  { part: "audit", path: "/admin/audit" },
  { part: "clients", path: "/admin/clients" },
  { part: "webhooks", path: "/admin/webhooks" },
];
