/** The two languages: which one is spoken, and how it is changed and remembered. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const LOCALES = ["zh-CN", "en"] as const;
export type Locale = (typeof LOCALES)[number];

export const LOCALE_NAMES: Record<Locale, string> = { "zh-CN": "简体中文", en: "English" };

/** Each comes when it is first spoken: nobody needs both at the start. */
const TEXTS: Record<Locale, () => Promise<{ texts: object }>> = {
  "zh-CN": () => import("./zh-CN"),
  en: () => import("./en"),
};

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

export async function startI18n(wanted?: Locale): Promise<void> {
  const locale = wanted ?? pickLocale(localStorage.getItem(STORED), navigator.languages);
  const { texts } = await TEXTS[locale]();
  await i18next.use(initReactI18next).init({
    resources: { [locale]: { translation: texts } },
    lng: locale,
    // Both are complete, which a test sees to: there is nothing to fall back to.
    fallbackLng: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = i18next.language;
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
}

/** Changes the language for this page. */
export async function speak(locale: Locale): Promise<void> {
  const { texts } = await TEXTS[locale]();
  i18next.addResourceBundle(locale, "translation", texts);
  await i18next.changeLanguage(locale);
}

/** Changes the language, and remembers it in this browser. */
export async function setLocale(locale: Locale): Promise<void> {
  localStorage.setItem(STORED, locale);
  await speak(locale);
}
