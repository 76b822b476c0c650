/** One webhook: where it goes, what it is told, how it stands. */
import { useTranslation } from "react-i18next";

import type { Webhook } from "../../../core/types";
import { Button } from "../../../ui/button";
import { Switch } from "../../../ui/switch";

interface WebhookRowProps {
  webhook: Webhook;
  onActive: (active: boolean) => void;
  onPing: () => void;
  onLook: () => void;
  onRotate: () => void;
  onRemove: () => void;
}

export function WebhookRow({ webhook, onActive, onPing, onLook, onRotate, onRemove }: WebhookRowProps) {
  const { t } = useTranslation();
  const keys = webhook.events.map((event) => event.replace(".", "_"));
  const told = keys.map((key) => t(`webhooks.event.${key}`));
  return (
    <li className="webhooks-row" aria-label={webhook.url}>
      <div className="webhooks-facts">
        <strong className="webhooks-url">{webhook.url}</strong>
        {webhook.description === "" ? null : <span className="muted">{webhook.description}</span>}
        <span className="muted">{told.join(t("webhooks.comma"))}</span>
        <span className="muted">
          {t(`webhooks.covers.${webhook.covers}`)} · {t("webhooks.waiting", { count: webhook.pending })}
        </span>
        {webhook.failed > 0 ? <span className="webhooks-bad">{t("webhooks.failed", { count: webhook.failed })}</span> : null}
        {webhook.disabledWhy === "gone" ? <span className="webhooks-bad">{t("webhooks.gone")}</span> : null}
      </div>
      <Switch label={t("webhooks.active")} isSelected={webhook.active} onChange={onActive} />
      <div className="webhooks-actions">
        <Button onPress={onPing} data-testid="webhook-ping">
          {t("webhooks.ping")}
        </Button>
        <Button onPress={onLook}>{t("webhooks.deliveries")}</Button>
        <Button onPress={onRotate}>{t("webhooks.rotate")}</Button>
        <Button kind="danger" onPress={onRemove}>
          {t("webhooks.remove")}
        </Button>
      </div>
    </li>
  );
}
