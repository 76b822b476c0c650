/** Runs the test and keeps each step's latest result. */
import { useCallback, useState } from "react";

import type { ConnectionTestStep } from "../../../core/types";
import { useCore } from "../../../ui/core";

interface ConnectionTest {
  phase: "idle" | "running" | "done";
  results: ConnectionTestStep[];
  error: unknown;
  run: () => void;
}

export function useConnectionTest(): ConnectionTest {
  const core = useCore();
  const [phase, setPhase] = useState<ConnectionTest["phase"]>("idle");
  const [results, setResults] = useState<ConnectionTestStep[]>([]);
  const [error, setError] = useState<unknown>(null);

  const run = useCallback(() => {
    setPhase("running");
    setResults([]);
    setError(null);
    const keep = (step: ConnectionTestStep) =>
      setResults((old) => [...old.filter((other) => other.step !== step.step), step]);
    core
      .testConnection(keep)
      .then(setResults, setError)
      .finally(() => setPhase("done"));
  }, [core]);

  return { phase, results, error, run };
}

/** Saves the results with what an administrator needs to know about this browser. */
export function downloadReport(results: ConnectionTestStep[]): void {
  const report = {
    report: "connection-test",
    time: new Date().toISOString(),
    address: window.location.origin,
    browser: navigator.userAgent,
    steps: results,
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }));
  link.download = "connection-test.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
