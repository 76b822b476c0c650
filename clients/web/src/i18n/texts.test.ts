import { describe, expect, it } from "vitest";

import { pickLocale } from "./index";
import { texts as english } from "./en";
import { texts as chinese } from "./zh-CN";

const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.*", "!../testing/**", "!../core/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const code = Object.values(sources).join("\n");

function flatten(tree: object, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree) as [string, object | string][]) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [path, text] of flatten(value, `${prefix}${key}.`)) found.set(path, text);
  }
  return found;
}

const withoutPlural = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/u, "");
const texts = { en: flatten(english), "zh-CN": flatten(chinese) };
const keys = {
  en: new Set([...texts.en.keys()].map(withoutPlural)),
  "zh-CN": new Set([...texts["zh-CN"].keys()].map(withoutPlural)),
};
/** Names of events that webhooks hear, which look like keys. */
const EVENTS = new Set(["chat.message"]);
const namespaces = Object.keys(english).join("|");
/** Keys written out in the code, and the fixed beginnings of computed ones. */
const literal = new Set([...code.matchAll(new RegExp(`["\`]((?:${namespaces})(?:\\.\\w+)+)["\`]`, "gu"))].map(([, key]) => key!));
const computed = [...code.matchAll(new RegExp(`\`((?:${namespaces})\\.[\\w.]*)\\$\\{\\w+(?:\\.\\w+)*\\}(\\w*)\``, "gu"))].map(
  ([, start, end]) => ({ start: start!, end: end! }),
);

function isUsed(key: string): boolean {
  return literal.has(key) || computed.some(({ start, end }) => key.startsWith(start) && key.endsWith(end));
}

describe("the texts", () => {
  it("exist in both languages under the same keys", () => {
    expect([...keys["zh-CN"]].sort()).toEqual([...keys.en].sort());
  });

  it("exist for every key that the code asks for", () => {
    expect([...literal].filter((key) => !keys.en.has(key) && !EVENTS.has(key))).toEqual([]);
  });

  it("are all used", () => {
    expect([...keys.en].filter((key) => !isUsed(key))).toEqual([]);
  });

  it("name the same values in both languages", () => {
    const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/gu)].map(([, name]) => name).sort();
    for (const [key, text] of texts["zh-CN"]) {
      const english = texts.en.get(key) ?? texts.en.get(`${withoutPlural(key)}_other`) ?? "";
      expect({ key, values: values(text) }).toEqual({ key, values: values(english) });
    }
  });

  it("have each plural form that their language needs", () => {
    for (const locale of ["en", "zh-CN"] as const) {
      const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
      const plurals = new Set([...texts[locale].keys()].filter((key) => key.endsWith("_other")).map(withoutPlural));
      for (const key of plurals) for (const form of forms) expect(texts[locale].has(`${key}_${form}`), `${locale} ${key}_${form}`).toBe(true);
    }
  });

  it("are never empty", () => {
    for (const text of [...texts.en.values(), ...texts["zh-CN"].values()]) expect(text.trim()).not.toBe("");
  });
});

describe("the language", () => {
  it.each([
    [null, ["zh-TW", "en"], "zh-CN"],
    [null, ["fr-FR", "en-GB"], "en"],
    [null, ["fr-FR"], "en"],
    ["en", ["zh-CN"], "en"],
    ["xx", ["zh-Hans-CN"], "zh-CN"],
  ])("stored %j and wanted %j is %s", (stored, wanted, locale) => {
    expect(pickLocale(stored, wanted)).toBe(locale);
  });
});
