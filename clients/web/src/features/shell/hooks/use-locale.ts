/** The language that is spoken now, and how to change it. */
import { useTranslation } from "react-i18next";

import { pickLocale, setLocale } from "../../../i18n";
import type { Locale } from "../../../i18n";
import { useCore } from "../../../ui/core";

export function useLocale(): { locale: Locale; changeLocale: (locale: string) => void } {
  const core = useCore();
  const { i18n } = useTranslation();
  return {
    locale: pickLocale(i18n.language, []),
    changeLocale: (wanted) => {
      const locale = pickLocale(wanted, []);
      // Without a connection the page goes on in its language; the next one begins in the other.
      setLocale(locale).catch(() => undefined);
      // A profile that could not be saved now is no reason to bother anyone.
      if (core.account.user.get()) core.account.updateProfile({ locale }).catch(() => undefined);
    },
  };
}
