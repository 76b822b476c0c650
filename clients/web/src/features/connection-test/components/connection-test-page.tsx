/** Would a meeting work from here? Step by step, with a report to hand on. */
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Notice } from "../../../ui/notice";
import { Shell, usePageTitle } from "../../shell";
import { downloadReport, useConnectionTest } from "../hooks/use-connection-test";
import { STEPS, verdictOf } from "../verdict";
import { StepRow } from "./step-row";
import "./connection-test.css";

export function ConnectionTestPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { phase, results, error, run } = useConnectionTest();
  usePageTitle(t("connection.title"));
  const isDone = phase === "done" && error === null;
  return (
    <Shell>
      <div className="connection-test">
        <header>
          <h1>{t("connection.title")}</h1>
          <p className="muted">{t("connection.text")}</p>
        </header>
        <div className="connection-actions">
          <Button kind="primary" size="large" isPending={phase === "running"} onPress={run} data-testid="start-test">
            {t(phase === "idle" ? "connection.run" : phase === "running" ? "connection.running" : "connection.again")}
          </Button>
          {isDone ? (
            <Button size="large" onPress={() => downloadReport(results)} data-testid="download-report">
              <Download size={18} aria-hidden="true" />
              {t("connection.download")}
            </Button>
          ) : null}
        </div>
        {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
        {isDone ? <Outcome verdict={verdictOf(results)} /> : null}
        {phase === "idle" ? null : (
          <ol className="connection-steps">
            {STEPS.map((step) => (
              <StepRow key={step} step={step} result={results.find((result) => result.step === step) ?? null} />
            ))}
          </ol>
        )}
      </div>
    </Shell>
  );
}

function Outcome({ verdict }: { verdict: "good" | "fair" | "bad" }) {
  const { t } = useTranslation();
  const kind = { good: "info", fair: "warning", bad: "danger" } as const;
  return (
    <Notice kind={kind[verdict]}>
      <strong>{t(`connection.${verdict}Title`)}</strong>
      <p>{t(`connection.${verdict}Text`)}</p>
    </Notice>
  );
}
