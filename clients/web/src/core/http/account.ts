/** Who is signed in, and everything one does with an account. */
import { ProblemError, asProblem, isPassing } from "../problem";
import type { Persistence } from "../persistence";
import type { WritableStore } from "../store";
import type { Account, User } from "../types";
import type { HttpClient } from "./client";
import type { SignedIn, Tokens } from "./tokens";

interface AccountParts {
  http: HttpClient;
  tokens: Tokens;
  user: WritableStore<User | false | null>;
}

export function createAccount({ http, tokens, user }: AccountParts): Account {
  async function enter(path: string, body: unknown): Promise<User> {
    const signedIn = await http.post<SignedIn | { email: string }>(path, body, { token: null });
    // Where addresses are verified a new account waits for the link in its first letter.
    if (!("accessToken" in signedIn)) throw new ProblemError({ code: "email_unverified" });
    tokens.accept(signedIn);
    return signedIn.user;
  }

  async function leave(path: string): Promise<void> {
    await http.post<undefined>(path);
    tokens.forget();
  }

  return {
    user,
    register: ({ email, password, displayName, locale }) =>
      enter("/auth/register", { email, password, display_name: displayName, locale }),
    login: ({ email, password }) => enter("/auth/login", { email, password }),
    logout: () => leave("/auth/logout"),
    logoutEverywhere: () => leave("/auth/logout-all"),
    async updateProfile({ displayName, locale }) {
      const changed = await http.patch<User>("/users/me", { display_name: displayName, locale });
      user.set(changed);
      return changed;
    },
  };
}

const FIRST_TRIES_MS = [1000, 2000, 4000];

/** Finds out at the start whether the refresh cookie still signs somebody in. Nobody ever did here: nothing is asked. */
export async function restoreAccount(
  tokens: Tokens,
  persistence: Persistence,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  if (persistence.read("signed-in") === null) {
    tokens.forget();
    return;
  }
  for (const pauseMs of [...FIRST_TRIES_MS, null]) {
    try {
      await tokens.renew();
      return;
    } catch (error) {
      if (pauseMs === null || !isPassing(asProblem(error))) break;
      await wait(pauseMs);
    }
  }
  tokens.forget();
}
