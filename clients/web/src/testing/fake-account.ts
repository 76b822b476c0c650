/** The parts of the fake core that have to do with accounts: one's own, and those of others. */
import type { AdminUser, Administration, AuditEntry, OAuthClient, Security, User } from "../core/types";

type Answer = <T>(name: string, input: unknown, value: T) => Promise<T>;

export const USER: User = {
  userId: "u-1",
  email: "xiaoyu@example.org",
  displayName: "林小雨",
  locale: "en",
  role: "user",
  emailVerified: true,
  avatarUrl: null,
  hasPassword: true,
};

const AT = "2026-01-05T09:00:00Z";

export function fakeSecurity(answer: Answer, change: (user: Partial<User>) => void, signOut: () => void): Security {
  return {
    config: () =>
      answer("config", null, { registrationOpen: true, mail: true, providers: [{ name: "corp", title: "Example SSO" }] }),
    forgotPassword: (email) => answer("forgotPassword", email, undefined),
    resetPassword: (input) => answer("resetPassword", input, undefined),
    confirmEmail: (token) => answer("confirmEmail", token, undefined),
    changePassword: (input) => answer("changePassword", input, undefined),
    changeEmail: (input) => answer("changeEmail", input, undefined),
    verifyEmail: () => answer("verifyEmail", null, undefined),
    setAvatar: async (picture) => {
      await answer("setAvatar", picture.type, undefined);
      change({ avatarUrl: "data:image/gif;base64,R0lGODlhAQABAAAAACw=" });
    },
    deleteAvatar: async () => {
      await answer("deleteAvatar", null, undefined);
      change({ avatarUrl: null });
    },
    sessions: () =>
      answer("sessions", null, [
        { sessionId: "s-1", createdAt: AT, usedAt: AT, address: "192.0.2.7", userAgent: "Firefox/153.0", current: true },
        { sessionId: "s-2", createdAt: AT, usedAt: AT, address: "192.0.2.8", userAgent: null, current: false },
      ]),
    endSession: (sessionId) => answer("endSession", sessionId, undefined),
    tokens: () =>
      answer("tokens", null, {
        items: [
          { tokenId: "t-1", name: "Backup", hint: "mst_abcdef", scopes: ["meeting:read"], createdAt: AT, expiresAt: null, usedAt: AT },
        ],
        grantable: ["meeting:create", "meeting:read"],
      }),
    createToken: ({ name, scopes, expiresAt }) =>
      answer("createToken", { name, scopes }, {
        tokenId: "t-2", name, hint: "mst_secret", scopes, createdAt: AT, expiresAt, usedAt: null, token: "mst_secret-once",
      }),
    deleteToken: (tokenId) => answer("deleteToken", tokenId, undefined),
    identities: () => answer("identities", null, []),
    linkIdentity: (provider) => answer("linkIdentity", provider, "https://id.example.org/authorize"),
    unlinkIdentity: (provider) => answer("unlinkIdentity", provider, undefined),
    exportAccount: () => answer("exportAccount", null, new Blob(["zip"])),
    deleteAccount: async (password) => {
      await answer("deleteAccount", password, undefined);
      signOut();
    },
  };
}

const ENTRY: AuditEntry = {
  auditId: 1,
  at: AT,
  action: "logged_in",
  userId: "u-1",
  address: "192.0.2.7",
  detail: {},
};

const CLIENT: OAuthClient = {
  clientId: "0199b0c4-6f3e-7c1a-9d52-2b1f6a7c8d90", name: "Moodle", displayName: "Ada", scopes: ["meeting:create", "meeting:read"],
  createdAt: AT, usedAt: null,
};

/** Clients in memory. */
function fakeClients(answer: Answer): Pick<Administration, "clients" | "createClient" | "rotateClientSecret" | "deleteClient"> {
  let clients = [CLIENT];
  const grantable = [
    { role: "user", scopes: ["meeting:create", "meeting:read"] },
    { role: "admin", scopes: ["meeting:create", "meeting:moderate", "meeting:read", "user:read"] },
  ] as const;
  const page = () => ({ items: clients, nextCursor: null, grantable: grantable.map(({ role, scopes }) => ({ role, scopes: [...scopes] })) });
  return {
    clients: (cursor) => answer("clients", cursor, page()),
    createClient: async (input) => {
      const made = await answer("createClient", input, { ...CLIENT, ...input, clientId: "c-2", clientSecret: "secret-once" });
      clients = [made, ...clients];
      return made;
    },
    rotateClientSecret: (clientId) => answer("rotateClientSecret", clientId, { ...CLIENT, clientSecret: "secret-anew" }),
    deleteClient: async (clientId) => {
      await answer("deleteClient", clientId, undefined);
      clients = clients.filter((each) => each.clientId !== clientId);
    },
  };
}

export function fakeAdministration(answer: Answer, users: AdminUser[]): Administration {
  const change = (name: string, userId: string, part: Partial<AdminUser>) => {
    const user = users.find((each) => each.userId === userId) ?? { ...USER, disabledAt: null };
    return answer(name, userId, Object.assign(user, part));
  };
  return {
    users: ({ search }) =>
      answer("users", search, { items: users.filter(({ displayName, email }) => `${displayName} ${email}`.includes(search)), nextCursor: null }),
    createUser: (input) => answer("createUser", input, { ...USER, ...input, locale: "en", disabledAt: null }),
    ban: (userId) => change("ban", userId, { disabledAt: AT }),
    unban: (userId) => change("unban", userId, { disabledAt: null }),
    logOut: (userId) => answer("logOut", userId, undefined),
    changeRole: (userId, role) => change("changeRole", userId, { role }),
    resetLink: (userId) => answer("resetLink", userId, { url: "https://meet.example.org/reset-password#abc", expiresAt: AT }),
    deleteUser: (userId) => answer("deleteUser", userId, undefined),
    audit: (input) => answer("audit", input, { items: [ENTRY], nextCursor: null }),
    ...fakeClients(answer),
    verifyAudit: () => answer("verifyAudit", null, { sound: true, entries: 1, head: "00ff", flaws: [] }),
    live: () =>
      answer("live", null, [
        {
          meetingId: "m-1",
          meetingNo: "123456789",
          title: "Weekly catch-up",
          hostName: "林小雨",
          startedAt: AT,
          participants: [
            { participantId: "p-1", displayName: "林小雨", role: "host", state: "connected", joinedAt: AT, quality: "good" },
          ],
        },
      ]),
  };
}
