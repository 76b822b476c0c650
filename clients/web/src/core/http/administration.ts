/** The accounts of others, the audit trail and live meetings over HTTP. */
import type { Administration, LiveMeeting } from "../types-account";
import type { HttpClient } from "./client";

const USERS_SHOWN = "20";
const ENTRIES_SHOWN = "50";
const CLIENTS_SHOWN = "20";

/** Leaves out what is empty. */
function query(values: Record<string, string | null>): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== "");
  return new URLSearchParams(given).toString();
}

export function createAdministration(http: HttpClient): Administration {
  const of = (userId: string) => `/admin/users/${userId}`;
  return {
    users: ({ search, cursor }) => http.get(`/admin/users?${query({ search: search.trim(), cursor, limit: USERS_SHOWN })}`),
    createUser: ({ email, displayName, role, locale }) =>
      http.post("/admin/users", { email, display_name: displayName, role, locale }),
    ban: (userId) => http.post(`${of(userId)}/ban`),
    unban: (userId) => http.post(`${of(userId)}/unban`),
    logOut: (userId) => http.post(`${of(userId)}/log-out`),
    changeRole: (userId, role) => http.post(`${of(userId)}/role`, { role }),
    resetLink: (userId) => http.post(`${of(userId)}/reset-password`),
    deleteUser: (userId) => http.delete(of(userId)),
    audit: ({ action, userId, cursor }) =>
      http.get(`/audit?${query({ action, user_id: userId, cursor, limit: ENTRIES_SHOWN })}`),
    verifyAudit: () => http.get("/audit/verify"),
    clients: (cursor) => http.get(`/admin/clients?${query({ cursor, limit: CLIENTS_SHOWN })}`),
    createClient: ({ name, scopes, userId }) => http.post("/admin/clients", { name, scopes, user_id: userId }),
    rotateClientSecret: (clientId) => http.post(`/admin/clients/${clientId}/rotate-secret`),
    deleteClient: (clientId) => http.delete(`/admin/clients/${clientId}`),
    live: async () => (await http.get<{ items: LiveMeeting[] }>("/admin/live")).items,
  };
}
