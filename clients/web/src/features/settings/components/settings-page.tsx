/** Profile, language, devices, security, address, tokens, and leaving. */
import { useTranslation } from "react-i18next";

import { LOCALES, LOCALE_NAMES } from "../../../i18n";
import { useCore, useStore } from "../../../ui/core";
import { Select } from "../../../ui/select";
import { PageSpinner } from "../../../ui/spinner";
import { Shell, useLocale, usePageTitle } from "../../shell";
import { useListsReady } from "../hooks/use-lists";
import { DevicesSection } from "./devices-section";
import { EmailSection } from "./email-section";
import { LeavingSection } from "./leaving-section";
import { ProfileSection } from "./profile-section";
import { Section } from "./section";
import { SecuritySection } from "./security-section";
import { TokenSection } from "./token-section";
import "./settings.css";

export function SettingsPage() {
  const { t } = useTranslation();
  const user = useStore(useCore().account.user);
  const { locale, changeLocale } = useLocale();
  const isReady = useListsReady(Boolean(user));
  usePageTitle(t("settings.title"));
  if (user === null || (user && !isReady)) {
    return (
      <Shell>
        <PageSpinner label={t("common.loading")} />
      </Shell>
    );
  }
  return (
    <Shell>
      <div className="settings">
        <h1>{t("settings.title")}</h1>
        {user ? <ProfileSection user={user} /> : null}
        <Section title={t("settings.language")}>
          <Select
            label={t("settings.language")}
            labelHidden
            options={LOCALES.map((id) => ({ id, name: LOCALE_NAMES[id] }))}
            value={locale}
            onChange={changeLocale}
          />
        </Section>
        <DevicesSection />
        {user ? <SecuritySection user={user} /> : null}
        {user ? <EmailSection user={user} /> : null}
        {user && user.role !== "guest" ? <TokenSection /> : null}
        {user ? <LeavingSection user={user} /> : null}
      </div>
    </Shell>
  );
}
