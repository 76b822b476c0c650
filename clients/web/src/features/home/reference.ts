/** What a person types or pastes to join: a nine-digit number, an id, or a link that holds either. */

const NUMBER = /^\d{9}$/u;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;

/** The reference inside `typed`, or null when there is none. */
export function parseReference(typed: string): string | null {
  const text = typed.trim();
  const linked = /\/m\/([^/?#\s]+)/u.exec(text)?.[1];
  const candidate = (linked ?? text).replaceAll(/[\s\u3000-]+/gu, (blank) => (ID.test(text) || linked ? blank : ""));
  if (NUMBER.test(toAsciiDigits(candidate))) return toAsciiDigits(candidate);
  if (ID.test(candidate)) return candidate.toLowerCase();
  return null;
}

/** Input methods produce full-width digits: １２３ → 123. */
function toAsciiDigits(text: string): string {
  return text.replaceAll(/[０-９]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}
