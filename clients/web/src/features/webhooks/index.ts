/** Webhooks: who is told of what happens, and whether it arrived. */
export { WebhooksPage } from "./components/webhooks-page";
export { WebhooksPart } from "./components/webhooks-part";
