/** Webhooks in memory, for tests. */
import type { CreatedWebhook, Delivery, Webhook, Webhooks } from "../core/types-webhooks";

type Answer = <T>(name: string, argument: unknown, value: T) => Promise<T>;

const DELIVERY: Delivery = {
  deliveryId: "d-1",
  type: "meeting.started",
  state: "failed",
  attempts: 11,
  log: [{ at: "2026-01-05T09:00:00Z", status: 503, error: null, detail: null, durationMs: 12 }],
  nextAt: null,
  createdAt: "2026-01-05T09:00:00Z",
};

export function fakeWebhooks(answer: Answer): Webhooks {
  let hooks: Webhook[] = [];
  const made = (part: Partial<Webhook>): CreatedWebhook => ({
    webhookId: `w-${hooks.length + 1}`,
    url: "https://hooks.example.org/",
    description: "",
    events: ["meeting.started"],
    covers: "mine",
    active: true,
    disabledWhy: null,
    pending: 0,
    failed: 1,
    createdAt: "2026-01-05T09:00:00Z",
    ...part,
    secret: "whsec_dGVzdA==",
  });
  return {
    list: () => answer("webhooks.list", null, { items: hooks, nextCursor: null }),
    create: async (wanted) => {
      const created = await answer("webhooks.create", wanted, made(wanted));
      hooks = [created, ...hooks];
      return created;
    },
    setActive: (webhookId, active) => {
      hooks = hooks.map((each) => (each.webhookId === webhookId ? { ...each, active } : each));
      return answer("webhooks.setActive", active, made({ webhookId, active }));
    },
    remove: (webhookId) => {
      hooks = hooks.filter((each) => each.webhookId !== webhookId);
      return answer("webhooks.remove", webhookId, undefined);
    },
    rotateSecret: (webhookId) => answer("webhooks.rotateSecret", webhookId, made({ webhookId })),
    ping: (webhookId) => answer("webhooks.ping", webhookId, DELIVERY),
    deliveries: () => answer("webhooks.deliveries", null, { items: [DELIVERY], nextCursor: null }),
    replay: (_webhookId, deliveryId) => answer("webhooks.replay", deliveryId, undefined),
  };
}
