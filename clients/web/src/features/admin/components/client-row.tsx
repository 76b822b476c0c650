/** One client: what for, for whom, what it may. */
import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { OAuthClient } from "../../../core/types";
import { Button } from "../../../ui/button";
import { useMoment } from "../../../ui/use-moment";

interface ClientRowProps {
  client: OAuthClient;
  onRotate: () => void;
  onRemove: () => void;
}

export function ClientRow({ client, onRotate, onRemove }: ClientRowProps) {
  const { t } = useTranslation();
  const moment = useMoment();
  const { name, clientId, displayName, scopes, createdAt, usedAt } = client;
  const used = usedAt === null ? t("settings.neverUsed") : t("settings.lastUsed", { when: moment(usedAt) });
  return (
    <li className="clients-row" aria-label={name}>
      <KeyRound size={20} aria-hidden="true" />
      <div className="clients-facts">
        <strong>{name}</strong>
        <span className="muted">{t("clients.actsFor", { name: displayName })}</span>
        <span className="muted">
          {t("clients.id")} <code>{clientId}</code>
        </span>
        <span className="muted">
          {used} · {t("clients.created", { when: moment(createdAt) })}
        </span>
        <span className="clients-scopes">
          {scopes.map((scope) => (
            <code key={scope}>{scope}</code>
          ))}
        </span>
      </div>
      <div className="clients-actions">
        <Button onPress={onRotate} aria-label={t("clients.rotateName", { name })}>
          {t("clients.rotate")}
        </Button>
        <Button kind="danger" onPress={onRemove} aria-label={t("clients.removeName", { name })}>
          {t("clients.remove")}
        </Button>
      </div>
    </li>
  );
}
