/** Passwords, letters, log-ins, tokens and pictures over HTTP. */
import type { WritableStore } from "../store";
import type { User } from "../types";
import type { AccessToken, Identity, Security, ServerConfig, Session } from "../types-account";
import type { HttpClient } from "./client";
import type { Tokens } from "./tokens";

interface SecurityParts {
  http: HttpClient;
  tokens: Tokens;
  user: WritableStore<User | false | null>;
}

/** Asked without being anybody: the page is for who can't sign in. */
const NOBODY = { token: null };

export function createSecurity({ http, tokens, user }: SecurityParts): Security {
  async function take(changed: Promise<User>): Promise<void> {
    user.set(await changed);
  }

  /** Meetings know the picture by the access token, so a new one is asked for; in time there is one anyway. */
  async function takePicture(changed: Promise<User>): Promise<void> {
    await take(changed);
    await tokens.renew().catch(() => null);
  }

  return {
    config: () => http.get<ServerConfig>("/config", NOBODY),
    forgotPassword: (email) => http.post("/auth/forgot-password", { email }, NOBODY),
    resetPassword: (input) => http.post("/auth/reset-password", input, NOBODY),
    confirmEmail: (token) => http.post("/auth/confirm-email", { token }, NOBODY),
    async changePassword(input) {
      await http.post("/users/me/password", input);
      const present = user.get();
      if (present) user.set({ ...present, hasPassword: true });
    },
    changeEmail: (input) => http.post("/users/me/email", input),
    verifyEmail: () => http.post("/users/me/email/verify"),
    setAvatar: (picture) => takePicture(http.put<User>("/users/me/avatar", picture)),
    deleteAvatar: () => takePicture(http.delete<User>("/users/me/avatar")),
    sessions: async () => (await http.get<{ items: Session[] }>("/users/me/sessions")).items,
    endSession: (sessionId) => http.delete(`/users/me/sessions/${sessionId}`),
    tokens: () => http.get<{ items: AccessToken[]; grantable: string[] }>("/users/me/tokens"),
    createToken: ({ name, scopes, expiresAt }) =>
      http.post("/users/me/tokens", { name, scopes, expires_at: expiresAt }),
    deleteToken: (tokenId) => http.delete(`/users/me/tokens/${tokenId}`),
    identities: async () => (await http.get<{ items: Identity[] }>("/users/me/identities")).items,
    linkIdentity: async (provider) =>
      (await http.post<{ url: string }>(`/users/me/identities/${encodeURIComponent(provider)}`)).url,
    unlinkIdentity: (provider, password) =>
      http.post(`/users/me/identities/${encodeURIComponent(provider)}/unlink`, { password }),
    exportAccount: () => http.blob("/users/me/export"),
    async deleteAccount(password) {
      await http.post("/users/me/delete", { password });
      tokens.forget();
    },
  };
}
