/** What stands for a person without a picture: initials and a colour, both always the same for the same person. */

const HUES = [172, 205, 232, 262, 292, 325, 352, 18, 38, 96, 140];

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** What people add to their name: "小薇（上海）", "Ada (ACME)". */
const ADDED = /[(（[【].*$/u;

/** "Ada Lovelace" → "AL", "李小明" → "小明" (the given name), "" → "?". */
export function initials(name: string): string {
  const words = (name.replace(ADDED, "").trim() || name.trim()).split(/\s+/u).filter(Boolean);
  const first = words[0];
  if (first === undefined) return "?";
  if (CJK.test(first)) return letters(first).slice(-2).join("");
  const last = words.length > 1 ? words.at(-1) : undefined;
  return [first, last].map((word) => letters(word ?? "")[0] ?? "").join("").toLocaleUpperCase();
}

/** Without punctuation, where there is anything else. */
function letters(word: string): string[] {
  const all = characters(word);
  const kept = all.filter((character) => /[\p{L}\p{N}]/u.test(character));
  return kept.length === 0 ? all : kept;
}

/** What a reader sees as one character, be it several code points. */
function characters(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

/** A dark fill with light ink, readable at 4.5:1 for every hue of the list. */
export function avatarColour(id: string): { fill: string; ink: string } {
  const hue = HUES[hash(id) % HUES.length] ?? 172;
  return { fill: `hsl(${hue} 42% 30%)`, ink: `hsl(${hue} 70% 92%)` };
}

/** FNV-1a over UTF-16 units: short, and spreads ids that differ only at the end. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
