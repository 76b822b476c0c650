/** The access token: in memory only, renewed through the refresh cookie, one renewal at a time in all tabs. */
import type { User } from "../types";
import { ProblemError } from "../problem";

export interface SignedIn {
  user: User;
  accessToken: string;
  expiresInS: number;
}

export interface Tokens {
  /** A token that is valid for a while, or null when nobody is signed in. */
  current(): Promise<string | null>;
  /** Takes what register, login or refresh answered. */
  accept(signedIn: SignedIn): void;
  /** Gets a new token; null when the cookie is no longer good. Rejects when the server can't be asked. */
  renew(): Promise<SignedIn | null>;
  forget(): void;
}

export interface TokensOptions {
  /** POST /auth/refresh. */
  refresh: () => Promise<SignedIn>;
  onChange: (user: User | false) => void;
  now: () => number;
  /** Keeps other tabs from renewing at the same time: a used refresh token would end the whole session. */
  exclusive: <T>(action: () => Promise<T>) => Promise<T>;
}

const EARLY_MS = 30_000;

export function createTokens(options: TokensOptions): Tokens {
  let token: { value: string; expiresAt: number } | null = null;
  let renewal: Promise<SignedIn | null> | null = null;

  function accept(signedIn: SignedIn): void {
    token = { value: signedIn.accessToken, expiresAt: options.now() + signedIn.expiresInS * 1000 };
    options.onChange(signedIn.user);
  }

  function forget(): void {
    token = null;
    options.onChange(false);
  }

  async function renewOnce(): Promise<SignedIn | null> {
    try {
      const signedIn = await options.exclusive(options.refresh);
      accept(signedIn);
      return signedIn;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) throw error;
      forget();
      return null;
    }
  }

  function renew(): Promise<SignedIn | null> {
    renewal ??= renewOnce().finally(() => {
      renewal = null;
    });
    return renewal;
  }

  async function current(): Promise<string | null> {
    if (renewal !== null) await renewal.catch(() => null);
    if (token === null) return null;
    if (options.now() < token.expiresAt - EARLY_MS) return token.value;
    return (await renew())?.accessToken ?? null;
  }

  return { current, accept, renew, forget };
}

/** One holder at a time in all tabs of this browser. */
export async function acrossTabs<T>(action: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? action() : locks.request("meeting-token", action);
}
