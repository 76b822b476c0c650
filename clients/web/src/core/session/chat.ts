/** One's own chat messages on their way. */
import type { ChatMessage } from "../protocol";
import { asProblem } from "../problem";
import type { PendingChats } from "../room/pending-chat";
import { addPending, confirmByEvent, dropPending, failPending } from "../room/pending-chat";
import { createStore } from "../store";
import type { ChatExtras } from "../talk/types";
import type { Store } from "../types";

export interface Outgoing {
  pending: Store<PendingChats>;
  send(body: string, extras?: ChatExtras): void;
  retry(messageId: string): void;
  /** One's own message came back as an event. */
  confirm(message: ChatMessage): void;
}

type Deliver = (body: string, extras: ChatExtras) => Promise<ChatMessage | null>;

/** `onDelivered` takes the message into the room before it stops being pending. */
export function createOutgoing(deliver: Deliver, onDelivered: (message: ChatMessage) => void): Outgoing {
  const pending = createStore<PendingChats>([]);
  let count = 0;

  function attempt(messageId: string, body: string, extras: ChatExtras): void {
    deliver(body, extras).then(
      (message) => {
        if (message !== null) onDelivered(message);
        pending.set(dropPending(pending.get(), messageId));
      },
      (error: unknown) => pending.set(failPending(pending.get(), messageId, asProblem(error))),
    );
  }

  return {
    pending,
    send(body, extras = {}) {
      const text = body.trim();
      if (text === "" && (extras.files ?? []).length === 0) return;
      const messageId = `pending-${++count}`;
      pending.set(addPending(pending.get(), { messageId, body: text, extras, sentAt: new Date().toISOString(), failed: null }));
      attempt(messageId, text, extras);
    },
    retry(messageId) {
      const chat = pending.get().find((each) => each.messageId === messageId);
      if (chat?.failed == null) return;
      pending.set(failPending(pending.get(), messageId, null));
      attempt(messageId, chat.body, chat.extras);
    },
    confirm(message) {
      pending.set(confirmByEvent(pending.get(), message));
    },
  };
}
