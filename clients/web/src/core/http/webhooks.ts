/** Webhooks over HTTP. */
import type { Webhooks } from "../types-webhooks";
import type { HttpClient } from "./client";

const LIMIT = 20;

export function createWebhooks(http: HttpClient): Webhooks {
  const page = (cursor: string | null) => `limit=${LIMIT}${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
  return {
    list: (cursor) => http.get(`/webhooks?${page(cursor)}`),
    create: ({ url, description, events, covers }) =>
      http.post("/webhooks", { url, events, covers, ...(description !== "" && { description }) }),
    setActive: (webhookId, active) => http.patch(`/webhooks/${webhookId}`, { active }),
    remove: (webhookId) => http.delete(`/webhooks/${webhookId}`),
    rotateSecret: (webhookId) => http.post(`/webhooks/${webhookId}/rotate-secret`),
    ping: (webhookId) => http.post(`/webhooks/${webhookId}/ping`),
    deliveries: (webhookId, cursor) => http.get(`/webhooks/${webhookId}/deliveries?${page(cursor)}`),
    replay: (webhookId, deliveryId) =>
      http.post(`/webhooks/${webhookId}/${deliveryId === null ? "" : `deliveries/${deliveryId}/`}replay`),
  };
}
