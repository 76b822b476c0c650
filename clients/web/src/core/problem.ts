/** Failures that a person can be told about, as errors. */
import type { Problem } from "./types";

export class ProblemError extends Error implements Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: { pointer: string; detail: string }[];
  readonly retryAfterS: number | null;
  readonly traceId: string | null;

  constructor(problem: Partial<Problem> & { code: string }) {
    super(problem.detail ?? problem.code);
    this.name = "ProblemError";
    this.code = problem.code;
    this.status = problem.status ?? 0;
    this.detail = problem.detail ?? "";
    this.errors = problem.errors ?? [];
    this.retryAfterS = problem.retryAfterS ?? null;
    this.traceId = problem.traceId ?? null;
  }
}

/** What a server says of a failure, over HTTP or in an `ack`. */
export interface WireProblem {
  code?: string;
  status?: number;
  detail?: string;
  errors?: Record<string, string>[];
  retry_after_s?: number | null;
  trace_id?: string | null;
}

export function problemFromWire(wire: WireProblem, status = 0): ProblemError {
  return new ProblemError({
    code: wire.code ?? "internal",
    status: wire.status ?? status,
    detail: wire.detail ?? "",
    errors: (wire.errors ?? []).map((error) => ({ pointer: error["pointer"] ?? "", detail: error["detail"] ?? "" })),
    retryAfterS: wire.retry_after_s ?? null,
    traceId: wire.trace_id ?? null,
  });
}

/** Whatever was thrown, as something to show. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError({ code: "unexpected", detail: String(error) });
}

/** Whether the same request may succeed later without anybody changing anything. */
export function isPassing(problem: Problem): boolean {
  return problem.code === "network" || problem.status === 429 || problem.status >= 500;
}
