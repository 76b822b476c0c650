/** The name of the browser tab. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

export function usePageTitle(title: string): void {
  const { t } = useTranslation();
  const full = title === "" ? t("common.appName") : `${title} · ${t("common.appName")}`;
  useEffect(() => {
    document.title = full;
  }, [full]);
}
