/** Requests in the name of whoever is signed in; an expired token is renewed and the request sent once more. */
import { ProblemError } from "../problem";
import type { Fetch, RequestOptions } from "./request";
import { request } from "./request";
import type { Tokens } from "./tokens";

export interface HttpClient {
  get<T>(path: string, options?: RequestOptions): Promise<T>;
  post<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  patch<T>(path: string, body: unknown, options?: RequestOptions): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string, options?: RequestOptions): Promise<T>;
  /** A file, as it is. */
  blob(path: string, options?: RequestOptions): Promise<Blob>;
}

const RENEWABLE = new Set(["token_expired", "token_invalid"]);

export function createHttpClient(fetch: Fetch, tokens: Tokens): HttpClient {
  async function withToken<T>(send: (token: string | null) => Promise<T>): Promise<T> {
    const token = await tokens.current();
    try {
      return await send(token);
    } catch (error) {
      if (token === null || !(error instanceof ProblemError) || !RENEWABLE.has(error.code)) throw error;
      const renewed = await tokens.renew();
      if (renewed === null) throw error;
      return send(renewed.accessToken);
    }
  }

  function authorised<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    if (options.token !== undefined) return request<T>(fetch, method, path, options);
    return withToken((token) => request<T>(fetch, method, path, { ...options, token }));
  }

  return {
    get: (path, options = {}) => authorised("GET", path, options),
    post: (path, body, options = {}) => authorised("POST", path, { ...options, body }),
    patch: (path, body, options = {}) => authorised("PATCH", path, { ...options, body }),
    put: (path, body) => authorised("PUT", path, { body }),
    delete: (path, options = {}) => authorised("DELETE", path, options),
    blob: (path, options = {}) => authorised("GET", path, { ...options, isFile: true }),
  };
}
