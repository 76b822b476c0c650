/** The webhooks there are, and the windows that open from them. It fits into any page. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Webhook } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Confirm } from "../../../ui/dialog";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { useWebhooks } from "../hooks/use-webhooks";
import { CreateDialog } from "./create-dialog";
import { DeliveriesDialog } from "./deliveries-dialog";
import { SecretDialog } from "./secret-dialog";
import { WebhookRow } from "./webhook-row";
import "./webhooks.css";

export function WebhooksPart() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const hooks = useWebhooks();
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [looking, setLooking] = useState<Webhook | null>(null);
  const [removing, setRemoving] = useState<Webhook | null>(null);
  const items = hooks.list.data?.items ?? [];
  const nextCursor = hooks.list.data?.nextCursor ?? null;
  return (
    <section className="webhooks-part">
      <p className="muted">{t("webhooks.about")}</p>
      <Button kind="primary" onPress={() => setCreating(true)} data-testid="webhook-new">
        {t("webhooks.create")}
      </Button>
      {hooks.error === null ? null : <Notice kind="danger">{textOf(hooks.error)}</Notice>}
      {hooks.list.isPending ? <Spinner size={24} /> : null}
      {hooks.list.isSuccess && items.length === 0 ? <p className="muted">{t("webhooks.none")}</p> : null}
      <ul className="row-list">
        {items.map((webhook) => (
          <WebhookRow
            key={webhook.webhookId}
            webhook={webhook}
            onActive={(active) => hooks.setActive.mutate({ webhookId: webhook.webhookId, active })}
            onPing={() => hooks.ping.mutate(webhook.webhookId, { onSuccess: () => setLooking(webhook) })}
            onLook={() => setLooking(webhook)}
            onRotate={() => hooks.rotate.mutate(webhook.webhookId, { onSuccess: (made) => setSecret(made.secret) })}
            onRemove={() => setRemoving(webhook)}
          />
        ))}
      </ul>
      {nextCursor === null ? null : <Button onPress={() => hooks.setCursor(nextCursor)}>{t("webhooks.more")}</Button>}
      {creating ? (
        <CreateDialog
          create={hooks.create}
          onClose={() => setCreating(false)}
          onCreated={(made) => {
            setCreating(false);
            setSecret(made.secret);
          }}
        />
      ) : null}
      {secret === null ? null : <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
      {looking === null ? null : <DeliveriesDialog webhook={looking} onClose={() => setLooking(null)} />}
      <Confirm
        title={t("webhooks.removeTitle")}
        text={t("webhooks.removeText")}
        action={t("webhooks.remove")}
        isOpen={removing !== null}
        onConfirm={() => removing !== null && hooks.remove.mutate(removing.webhookId)}
        onClose={() => setRemoving(null)}
      />
    </section>
  );
}
