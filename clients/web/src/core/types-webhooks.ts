/** Webhooks, as the interface sees them. */

export type HookType =
  | "meeting.created"
  | "meeting.scheduled"
  | "meeting.updated"
  | "meeting.cancelled"
  | "meeting.started"
  | "meeting.ended"
  | "participant.joined"
  | "participant.left"
  | "chat.message"
  | "recording.ready";

export interface Webhook {
  webhookId: string;
  url: string;
  description: string;
  events: HookType[];
  covers: "everything" | "mine";
  active: boolean;
  disabledWhy: string | null;
  pending: number;
  failed: number;
  createdAt: string;
}

/** Only the answers that make a secret show it. */
export interface CreatedWebhook extends Webhook {
  secret: string;
}

interface DeliveryAttempt {
  at: string;
  status: number | null;
  error: string | null;
  detail: string | null;
  durationMs: number;
}

export interface Delivery {
  deliveryId: string;
  type: string;
  state: "pending" | "delivered" | "failed";
  attempts: number;
  log: DeliveryAttempt[];
  nextAt: string | null;
  createdAt: string;
}

export interface NewWebhook {
  url: string;
  description: string;
  events: HookType[];
  covers: "everything" | "mine";
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Webhooks {
  list(cursor: string | null): Promise<Page<Webhook>>;
  create(wanted: NewWebhook): Promise<CreatedWebhook>;
  setActive(webhookId: string, active: boolean): Promise<Webhook>;
  remove(webhookId: string): Promise<void>;
  rotateSecret(webhookId: string): Promise<CreatedWebhook>;
  ping(webhookId: string): Promise<Delivery>;
  deliveries(webhookId: string, cursor: string | null): Promise<Page<Delivery>>;
  /** One delivery, or with null all that failed for good. */
  replay(webhookId: string, deliveryId: string | null): Promise<void>;
}
