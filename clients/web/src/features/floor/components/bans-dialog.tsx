/** Whom hosts keep out, and how to let them come again. */
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Ban } from "../../../core/types";
import { useFailures } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { useSession } from "../../../ui/meeting";
import { Spinner } from "../../../ui/spinner";

export function BansDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const failures = useFailures();
  const [bans, setBans] = useState<Ban[] | null>(null);
  const load = useCallback(() => {
    session.bans().then(setBans, failures.tell);
  }, [session, failures]);
  useEffect(load, [load]);
  const lift = (ban: Ban) => void session.unban(ban.participantId).then(load, failures.tell);
  return (
    <Dialog title={t("floor.bans")} isOpen onClose={onClose}>
      {bans === null ? <Spinner /> : null}
      {bans?.length === 0 ? <p className="muted">{t("floor.noBans")}</p> : null}
      <ul className="bans">
        {(bans ?? []).map((ban) => (
          <li key={ban.participantId} className="ban">
            <div className="person-text">
              <p className="person-name">{ban.displayName}</p>
              <p className="person-role">
                {ban.hasAccount ? t("floor.accountBy", { name: ban.bannedBy }) : t("floor.deviceBy", { name: ban.bannedBy })}
              </p>
            </div>
            <Button onPress={() => lift(ban)} aria-label={t("floor.unbanName", { name: ban.displayName })}>
              {t("floor.unban")}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
