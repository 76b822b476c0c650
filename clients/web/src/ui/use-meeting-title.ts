/** What a meeting is called: its title, or whose it is. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** A meeting that nobody named carries its host's name as title, or none. */
export function useMeetingTitle(): (meeting: { title: string; hostName: string }) => string {
  const { t } = useTranslation();
  return useCallback(
    ({ title, hostName }) => (title === "" || title === hostName ? t("common.untitled", { name: hostName }) : title),
    [t],
  );
}
