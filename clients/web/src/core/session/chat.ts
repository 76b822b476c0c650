/** One's own chat messages on their way. */
import type { ChatMessage } from "../protocol";
import { asProblem } from "../problem";
import type { PendingChats } from "../room/pending-chat";
import { addPending, confirmByEvent, dropPending, failPending } from "../room/pending-chat";
import { createStore } from "../store";
import type { Store } from "../types";

export interface Outgoing {
  pending: Store<PendingChats>;
  send(body: string): void;
  retry(messageId: string): void;
  /** One's own message came back as an event. */
  confirm(message: ChatMessage): void;
}

type Deliver = (body: string) => Promise<ChatMessage | null>;

/** `onDelivered` takes the message into the room before it stops being pending. */
export function createOutgoing(deliver: Deliver, onDelivered: (message: ChatMessage) => void): Outgoing {
  const pending = createStore<PendingChats>([]);
  let count = 0;

  function attempt(messageId: string, body: string): void {
    deliver(body).then(
      (message) => {
        if (message !== null) onDelivered(message);
        pending.set(dropPending(pending.get(), messageId));
      },
      (error: unknown) => pending.set(failPending(pending.get(), messageId, asProblem(error))),
    );
  }

  return {
    pending,
    send(body) {
      const text = body.trim();
      if (text === "") return;
      const messageId = `pending-${++count}`;
      pending.set(addPending(pending.get(), { messageId, body: text, sentAt: new Date().toISOString(), failed: null }));
      attempt(messageId, text);
    },
    retry(messageId) {
      const chat = pending.get().find((each) => each.messageId === messageId);
      if (chat?.failed == null) return;
      pending.set(failPending(pending.get(), messageId, null));
      attempt(messageId, chat.body);
    },
    confirm(message) {
      pending.set(confirmByEvent(pending.get(), message));
    },
  };
}
