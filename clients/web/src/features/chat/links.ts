/** Finds links in what people write. Only http and https become links: nothing else can be clicked. */

export type Part = { text: string; href: string | null };

const LINK = /https?:\/\/[^\s<>"'，。；：！？、（）【】《》“”]+/giu;
/** A full stop or a closing bracket after a link ends the sentence, not the link. */
const TRAILING = /[.,;:!?)\]}]+$/u;

export function splitLinks(body: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of body.matchAll(LINK)) {
    const text = trimLink(match[0]);
    if (!isWebAddress(text)) continue;
    if (match.index > end) parts.push({ text: body.slice(end, match.index), href: null });
    parts.push({ text, href: text });
    end = match.index + text.length;
  }
  if (end < body.length) parts.push({ text: body.slice(end), href: null });
  return parts;
}

/** Keeps a closing bracket whose opening one is inside the link, as in Wikipedia's addresses. */
function trimLink(found: string): string {
  const trimmed = found.replace(TRAILING, "");
  const opened = trimmed.split("(").length - trimmed.split(")").length;
  return opened > 0 && found.charAt(trimmed.length) === ")" ? `${trimmed})` : trimmed;
}

function isWebAddress(text: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
