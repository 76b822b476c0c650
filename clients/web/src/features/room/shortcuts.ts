/** The keyboard shortcuts, and which one a key press means. */

export type ShortcutAction = "microphone" | "camera" | "hand" | "chat" | "people" | "list" | "talk";

/** How each is written; a list means any of them. */
export const SHORTCUT_KEYS: Record<ShortcutAction, string[]> = {
  microphone: ["Ctrl+D"],
  camera: ["Ctrl+E"],
  talk: ["Space", "V"],
  hand: ["Ctrl+Shift+H"],
  chat: ["M"],
  people: ["P"],
  list: ["/"],
};

interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

const PLAIN: Record<string, ShortcutAction> = { m: "chat", p: "people", "/": "list", v: "talk", " ": "talk" };
const CONTROLLED: Record<string, ShortcutAction> = { d: "microphone", e: "camera" };

/** Command stands for Ctrl on a Mac. Letters are taken from `code` where an input method hides `key`. */
export function matchShortcut(press: KeyPress): ShortcutAction | null {
  if (press.altKey) return null;
  const key = press.code.startsWith("Key") ? press.code.slice(3).toLowerCase() : press.key;
  if (press.ctrlKey || press.metaKey) {
    if (press.shiftKey) return key === "h" ? "hand" : null;
    return CONTROLLED[key] ?? null;
  }
  if (press.shiftKey && key !== "/") return null;
  return PLAIN[key] ?? null;
}

/** Where keys write text no shortcut works. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])");
}

/** Where Space already means something: pressing a button, choosing from a list. */
export function usesSpace(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("button, a, summary, input, [role=option], [role=menuitem], [role=menuitemradio], [role=switch]") !== null
  );
}

/** In a dialog or menu single letters look for entries. */
export function isInOverlay(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[role=dialog], [role=alertdialog], [role=menu], [role=listbox]") !== null;
}
