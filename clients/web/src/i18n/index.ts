/** The two languages: which one is spoken, and how it is changed and remembered. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import { resources } from "./resources";

export const LOCALES = ["zh-CN", "en"] as const;
export type Locale = (typeof LOCALES)[number];

export const LOCALE_NAMES: Record<Locale, string> = { "zh-CN": "简体中文", en: "English" };

const STORED = "meeting.locale";

/** The first of the person's languages that we speak; any Chinese is zh-CN, anything unknown English. */
export function pickLocale(stored: string | null, wanted: readonly string[]): Locale {
  if (stored === "zh-CN" || stored === "en") return stored;
  for (const language of wanted) {
    if (/^zh\b/i.test(language)) return "zh-CN";
    if (/^en\b/i.test(language)) return "en";
  }
  return "en";
}

export async function startI18n(locale?: Locale): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources,
    lng: locale ?? pickLocale(localStorage.getItem(STORED), navigator.languages),
    fallbackLng: "en",
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = i18next.language;
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
}

export async function setLocale(locale: Locale): Promise<void> {
  localStorage.setItem(STORED, locale);
  await i18next.changeLanguage(locale);
}
