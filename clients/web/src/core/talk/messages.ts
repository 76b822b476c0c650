/** Lists of messages and what events make of them. Pure. */
import type { ChatMessage, ChatQuote, ChatReacted } from "../protocol";

const QUOTE_CHARS = 160;

export type Messages = readonly ChatMessage[];

/** Takes messages in, each once: of the same one the higher version stays. Sorted by number. */
export function mergeMessages(known: Messages, more: Messages): Messages {
  const fresh = more.filter((message) => isNewer(known, message));
  if (fresh.length === 0) return known;
  const ids = new Set(fresh.map(({ message_id }) => message_id));
  const kept = known.filter(({ message_id }) => !ids.has(message_id));
  return fresh.reduce(requote, [...kept, ...fresh].sort(inOrder));
}

/** A message that is not known is from before what is shown: nothing to change. */
export function changeMessage(known: Messages, changed: ChatMessage): Messages {
  const before = known.find(({ message_id }) => message_id === changed.message_id);
  const next = before === undefined || before.version >= changed.version ? known : replace(known, changed);
  return requote(next, changed);
}

export function react(known: Messages, event: ChatReacted): Messages {
  const message = known.find(({ message_id }) => message_id === event.message_id);
  if (message === undefined || message.version >= event.version) return known;
  const { emoji, participant_id, display_name } = event;
  const others = message.reactions.filter((each) => each.emoji !== emoji || each.participant_id !== participant_id);
  const reactions = event.on ? [...others, { emoji, participant_id, display_name }] : others;
  return replace(known, { ...message, reactions, version: event.version });
}

function isNewer(known: Messages, message: ChatMessage): boolean {
  const same = known.find(({ message_id }) => message_id === message.message_id);
  return same === undefined || same.version < message.version;
}

function replace(known: Messages, changed: ChatMessage): Messages {
  return known.map((message) => (message.message_id === changed.message_id ? changed : message));
}

/** Answers quote a message as it reads now. */
function requote(known: Messages, changed: ChatMessage): Messages {
  if (!known.some(({ reply_to }) => reply_to?.message_id === changed.message_id)) return known;
  const quote: ChatQuote = {
    message_id: changed.message_id,
    participant_id: changed.participant_id,
    display_name: changed.display_name,
    body: Array.from(changed.body).slice(0, QUOTE_CHARS).join(""),
    deleted: changed.deleted_at != null,
  };
  return known.map((message) =>
    message.reply_to?.message_id === changed.message_id && !isSame(message.reply_to, quote)
      ? { ...message, reply_to: quote }
      : message,
  );
}

function isSame(one: ChatQuote, other: ChatQuote): boolean {
  return one.body === other.body && one.deleted === other.deleted;
}

/** Private conversations count for themselves: among them the time orders. */
function inOrder(one: ChatMessage, other: ChatMessage): number {
  if (one.recipient_id == null && other.recipient_id == null) return one.seq - other.seq;
  return one.sent_at < other.sent_at ? -1 : one.sent_at > other.sent_at ? 1 : one.seq - other.seq;
}
