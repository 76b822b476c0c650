/** Says that the meeting stands still, and to hosts how it goes on. */
import { Snowflake } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useIsHost, useSession, useView } from "../../../ui/meeting";
import "../../../ui/banner.css";
import "./floor.css";

export function FreezeBanner() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const isHost = useIsHost();
  const frozen = useView((view) => view.meeting?.frozen ?? false);
  if (!frozen) return null;
  return (
    <div className="banner freeze-banner" data-testid="freeze-banner">
      <Snowflake size={18} aria-hidden="true" />
      <p role="status">{isHost ? t("floor.frozenForHosts") : t("floor.frozen")}</p>
      {isHost ? (
        <Button kind="primary" onPress={() => attempt(session.freeze(false))}>
          {t("floor.thaw")}
        </Button>
      ) : null}
    </div>
  );
}
