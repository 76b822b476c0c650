/** Dates and times as the person's language writes them. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

export function useMoment(): (iso: string) => string {
  const { i18n } = useTranslation();
  return useCallback(
    (iso) => new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso)),
    [i18n.language],
  );
}
