/** What was sent to a webhook, newest first, with how the last attempt went. */
import { useTranslation } from "react-i18next";

import type { Delivery, Webhook } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { useDeliveries } from "../hooks/use-webhooks";

export function DeliveriesDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { list, replay, setCursor } = useDeliveries(webhook.webhookId);
  const items = list.data?.items ?? [];
  const nextCursor = list.data?.nextCursor ?? null;
  const error = list.error ?? replay.error;
  const someFailed = items.some((each) => each.state === "failed");
  return (
    <Dialog title={t("webhooks.deliveries")} isOpen onClose={onClose} width="wide">
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      {list.isPending ? <Spinner size={24} /> : null}
      {list.isSuccess && items.length === 0 ? <p className="muted">{t("webhooks.noDeliveries")}</p> : null}
      <ul className="row-list">
        {items.map((delivery) => (
          <DeliveryRow key={delivery.deliveryId} delivery={delivery} onReplay={() => replay.mutate(delivery.deliveryId)} />
        ))}
      </ul>
      <div className="webhooks-actions">
        {someFailed ? <Button onPress={() => replay.mutate(null)}>{t("webhooks.replayFailed")}</Button> : null}
        {nextCursor === null ? null : <Button onPress={() => setCursor(nextCursor)}>{t("webhooks.more")}</Button>}
      </div>
    </Dialog>
  );
}

function DeliveryRow({ delivery, onReplay }: { delivery: Delivery; onReplay: () => void }) {
  const { t, i18n } = useTranslation();
  const moment = (text: string) => new Date(text).toLocaleString(i18n.language);
  const last = delivery.log.at(-1);
  const outcome = last === undefined ? null : (last.status?.toString() ?? last.detail ?? last.error);
  return (
    <li className="webhooks-row" aria-label={delivery.type}>
      <div className="webhooks-facts">
        <strong>{delivery.type}</strong>
        <span className="muted">{moment(delivery.createdAt)}</span>
        <span className={delivery.state === "failed" ? "webhooks-bad" : "muted"} data-testid="delivery-state">
          {t(`webhooks.state.${delivery.state}`)} · {t("webhooks.attempts", { count: delivery.attempts })}
        </span>
        {outcome === null ? null : <span className="muted">{t("webhooks.answer", { answer: outcome })}</span>}
        {delivery.nextAt === null ? null : <span className="muted">{t("webhooks.next", { time: moment(delivery.nextAt) })}</span>}
      </div>
      <Button onPress={onReplay}>{t("webhooks.replay")}</Button>
    </li>
  );
}
