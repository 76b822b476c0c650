/** Changes the language everywhere at once; a signed-in person's profile remembers it too. */
import { Button } from "react-aria-components";
import { Languages } from "lucide-react";
import { useTranslation } from "react-i18next";

import { LOCALES, LOCALE_NAMES } from "../../../i18n";
import { useLocale } from "../hooks/use-locale";
import { Menu, MenuChoice } from "../../../ui/menu";

export function LanguageMenu() {
  const { t } = useTranslation();
  const { locale, changeLocale } = useLocale();
  const trigger = (
    <Button className="shell-language" aria-label={`${t("common.language")}: ${LOCALE_NAMES[locale]}`}>
      <Languages size={18} aria-hidden="true" />
      <span>{LOCALE_NAMES[locale]}</span>
    </Button>
  );
  return (
    <Menu trigger={trigger} label={t("common.language")}>
      <MenuChoice
        heading={t("common.language")}
        options={LOCALES.map((id) => ({ id, name: LOCALE_NAMES[id] }))}
        value={locale}
        onChange={changeLocale}
      />
    </Menu>
  );
}
