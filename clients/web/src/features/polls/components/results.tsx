/** How many chose what, as bars with numbers. */
import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";

export function Results({ poll, counts }: { poll: Poll; counts: number[] }) {
  const { t, i18n } = useTranslation();
  const percent = new Intl.NumberFormat(i18n.language, { style: "percent" });
  const share = (count: number) => (poll.voters === 0 ? 0 : count / poll.voters);
  return (
    <ul className="poll-results" aria-label={t("polls.results")}>
      {poll.options.map(({ optionId, text }, index) => {
        const count = counts[index] ?? 0;
        const isRight = poll.correct?.includes(optionId) === true;
        return (
          <li key={optionId} className="poll-result" data-testid={`poll-result-${optionId}`}>
            <span className="poll-result-text">
              {isRight ? <Check size={16} role="img" aria-label={t("polls.right")} /> : null}
              {text}
              {poll.choice?.includes(optionId) === true ? <span className="poll-mine">{t("polls.yours")}</span> : null}
            </span>
            <span className="numeric muted">
              {count} · {percent.format(share(count))}
            </span>
            <span className="poll-track" aria-hidden="true">
              <span className="poll-fill" data-right={isRight ? "" : undefined} style={{ inlineSize: `${share(count) * 100}%` }} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
