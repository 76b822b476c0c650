/** One step of the test: what was tried, how it went, and what to do if it failed. */
import type { ReactNode } from "react";
import { CircleCheck, CircleDashed, CircleMinus, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { ConnectionTestStep } from "../../../core/types";
import { Spinner } from "../../../ui/spinner";
import { useMilliseconds } from "../../../ui/use-milliseconds";
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
  const { t } = useTranslation();
  const milliseconds = useMilliseconds();
  const outcome: Outcome = result?.outcome ?? "waiting";
  const isOver = outcome === "passed" || outcome === "failed";
  const detail = useDetail(result);
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
        {isOver ? <span className="muted">{milliseconds(result?.durationMs ?? 0)}</span> : null}
      </p>
    </li>
  );
}

/** What was found, in the person's language where it is known by number; the rest is for whoever reads the report. */
function useDetail(result: ConnectionTestStep | null): string {
  const { t } = useTranslation();
  const milliseconds = useMilliseconds();
  if (result?.counts !== undefined) return t("connection.devices", result.counts);
  if (result?.roundTripMs !== undefined) return t("connection.roundTrip", { time: milliseconds(result.roundTripMs) });
  return result?.detail ?? "";
}
