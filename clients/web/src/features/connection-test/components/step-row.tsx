/** One step of the test: what was tried, how it went, and what to do if it failed. */
import type { ReactNode } from "react";
import { CircleCheck, CircleDashed, CircleMinus, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { ConnectionTestStep } from "../../../core/types";
import { Spinner } from "../../../ui/spinner";
import type { Step } from "../verdict";

type Outcome = ConnectionTestStep["outcome"] | "waiting";

const ICONS: Record<Outcome, ReactNode> = {
  waiting: <CircleDashed size={22} />,
  running: <Spinner size={20} />,
  passed: <CircleCheck size={22} />,
  failed: <CircleX size={22} />,
  skipped: <CircleMinus size={22} />,
};

export function StepRow({ step, result }: { step: Step; result: ConnectionTestStep | null }) {
  const { t, i18n } = useTranslation();
  const outcome: Outcome = result?.outcome ?? "waiting";
  const isOver = outcome === "passed" || outcome === "failed";
  const ms = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0 }).format(result?.durationMs ?? 0);
  const detail = result?.counts === undefined ? (result?.detail ?? "") : t("connection.devices", result.counts);
  return (
    <li className="connection-step" data-testid={`step-${step}`} data-outcome={outcome}>
      <span className="connection-icon" aria-hidden="true">
        {ICONS[outcome]}
      </span>
      <div className="connection-step-text">
        <p className="connection-step-name">{t(`connection.step.${step}`)}</p>
        {outcome === "failed" ? <p>{t(`connection.help.${step}`)}</p> : null}
        {detail === "" ? null : <p className="connection-detail muted">{detail}</p>}
      </div>
      <p className="connection-outcome numeric">
        <span>{t(`connection.outcome.${outcome}`)}</span>
        {isOver ? <span className="muted">{t("connection.milliseconds", { ms })}</span> : null}
      </p>
    </li>
  );
}
