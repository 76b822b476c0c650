/** Short times as the person's language writes them: "24 ms", "24 毫秒". */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

export function useMilliseconds(): (ms: number) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (ms) => t("common.milliseconds", { ms: new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0 }).format(ms) }),
    [t, i18n.language],
  );
}
