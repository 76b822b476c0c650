/** The frame of every page outside a meeting: brand, language, account, content. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { AppLink } from "../../../ui/navigation";
import { AccountMenu } from "./account-menu";
import { Brand } from "./brand";
import { LanguageMenu } from "./language-menu";
import "./shell.css";

interface ShellProps {
  children: ReactNode;
  /** Content in the middle of the screen instead of at the top. */
  centred?: boolean;
}

export function Shell({ children, centred = false }: ShellProps) {
  const { t } = useTranslation();
  return (
    <div className="shell">
      <a className="shell-skip" href="#content">
        {t("common.skip")}
      </a>
      <header className="shell-header">
        <AppLink href="/" className="shell-brand" aria-label={`${t("common.appName")} · ${t("common.home")}`}>
          <Brand />
          <span className="shell-name">{t("common.appName")}</span>
        </AppLink>
        <div className="shell-actions">
          <LanguageMenu />
          <AccountMenu />
        </div>
      </header>
      <main id="content" tabIndex={-1} className={centred ? "shell-main shell-centred" : "shell-main"}>
        {children}
      </main>
    </div>
  );
}
