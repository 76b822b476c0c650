/** What a browser calls itself, in two words: "Firefox, Linux". */

const BROWSERS: [RegExp, string][] = [
  [/Edg\//u, "Edge"],
  [/OPR\//u, "Opera"],
  [/Firefox\//u, "Firefox"],
  [/Chrome\//u, "Chrome"],
  [/Safari\//u, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/u, "iOS"],
  [/Android/u, "Android"],
  [/Windows/u, "Windows"],
  [/Mac OS X/u, "macOS"],
  [/Linux/u, "Linux"],
];

export function browserName(userAgent: string | null): string | null {
  if (userAgent === null) return null;
  const named = [BROWSERS, SYSTEMS].map((kinds) => kinds.find(([sign]) => sign.test(userAgent))?.[1]);
  const words = named.filter((word) => word !== undefined);
  return words.length === 0 ? userAgent.slice(0, 40) : words.join(", ");
}
