/** How loud the microphone is, as a row of bars that fills. */
import { useTranslation } from "react-i18next";

import { useCore, useStore } from "../../../ui/core";
import "./level-gauge.css";

const BARS = 12;

export function LevelGauge() {
  const { t } = useTranslation();
  const level = useStore(useCore().devices.level);
  // Loudness is felt logarithmically: the square root spreads quiet speech over half of the bars.
  const lit = Math.round(Math.sqrt(Math.min(1, level)) * BARS);
  return (
    <div
      className="level-gauge"
      role="meter"
      aria-label={t("devices.level")}
      aria-valuemin={0}
      aria-valuemax={BARS}
      aria-valuenow={lit}
    >
      {Array.from({ length: BARS }, (_, index) => (
        <span key={index} className={index < lit ? "level-lit" : ""} />
      ))}
    </div>
  );
}
