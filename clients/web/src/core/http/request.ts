/** One HTTP request: JSON in, camelCase JSON out, every failure a ProblemError. */
import { camelize } from "../camelize";
import type { WireProblem } from "../problem";
import { ProblemError, problemFromWire } from "../problem";

export interface RequestOptions {
  /** A Blob goes as it is, anything else as JSON. */
  body?: unknown;
  token?: string | null;
  /** The version that is to be changed, and no other. */
  ifMatch?: string;
  /** Makes a repeat of the same request do nothing new. */
  key?: string;
  /** The answer is a file, not JSON. */
  isFile?: boolean;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 300_000;

/** `T` is the answer in camelCase. */
export async function request<T>(fetch: Fetch, method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(fetch, method, path, options);
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204 || response.status === 202) return undefined as T;
  if (options.isFile === true) return (await response.blob()) as T;
  const content: unknown = await response.json().catch(() => {
    throw new ProblemError({ code: "internal", status: response.status, detail: "the answer is not JSON" });
  });
  return camelize(content) as T;
}

async function send(fetch: Fetch, method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: options.isFile === true ? "*/*" : "application/json" };
  if (options.token != null) headers["Authorization"] = `Bearer ${options.token}`;
  if (options.key !== undefined) headers["Idempotency-Key"] = options.key;
  if (options.ifMatch !== undefined) headers["If-Match"] = options.ifMatch;
  const { body } = options;
  if (body !== undefined) headers["Content-Type"] = body instanceof Blob ? body.type : "application/json";
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
      credentials: "same-origin",
      keepalive: options.keepalive ?? false,
      signal: AbortSignal.timeout(options.isFile === true ? FILE_TIMEOUT_MS : TIMEOUT_MS),
    });
  } catch (error) {
    throw new ProblemError({ code: "network", detail: `${method} ${path}: ${String(error)}` });
  }
}

async function readProblem(response: Response): Promise<ProblemError> {
  const wire = (await response.json().catch(() => ({}))) as WireProblem;
  const retryAfter = response.headers.get("Retry-After");
  if (retryAfter !== null) wire.retry_after_s ??= Number(retryAfter);
  return problemFromWire(wire, response.status);
}
