/** For hosts: somebody knocks. Stays until they decided. */
import { DoorOpen } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useSession, useView } from "../../../ui/meeting";
import "./floor.css";

export function LobbyToast({ onShowAll }: { onShowAll: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const waiting = useView((view) => view.lobby?.waiting ?? null);
  const first = waiting?.[0];
  if (first === undefined || waiting === null) return null;
  const others = waiting.length - 1;
  return (
    <section className="lobby-toast" aria-label={t("floor.lobby")} data-testid="lobby-toast">
      <DoorOpen size={20} aria-hidden="true" />
      <p role="status" className="lobby-toast-text">
        {others === 0
          ? t("floor.knocks", { name: first.displayName })
          : t("floor.knockMany", { name: first.displayName, count: others })}
      </p>
      <div className="lobby-toast-actions">
        {others === 0 ? null : (
          <Button kind="quiet" onPress={onShowAll} data-testid="lobby-show-all">
            {t("floor.showAll")}
          </Button>
        )}
        <Button onPress={() => attempt(session.deny(first.participantId, false))}>{t("floor.deny")}</Button>
        <Button kind="primary" onPress={() => attempt(session.admit(first.participantId))} data-testid="toast-admit">
          {t("floor.admit")}
        </Button>
      </div>
    </section>
  );
}
