/** For people who choose their room by themselves. */
import { useTranslation } from "react-i18next";

import type { Breakouts } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useSession, useView } from "../../../ui/meeting";

export function RoomChoice({ breakouts }: { breakouts: Breakouts }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const homeId = useView((view) => view.homeId);
  const own = breakouts.places.find(({ participantId }) => participantId === homeId)?.breakoutId ?? null;
  if (breakouts.assignment !== "choose") return <p className="muted">{t("breakouts.hostsAssign")}</p>;
  return (
    <ul className="breakout-choice" aria-label={t("breakouts.title")}>
      {breakouts.rooms.map(({ breakoutId, title }) => (
        <li key={breakoutId}>
          <span className="breakout-name">{title}</span>
          <Button
            kind={own === breakoutId ? "primary" : "secondary"}
            isDisabled={own === breakoutId}
            aria-label={t("breakouts.visitName", { room: title })}
            onPress={() => attempt(session.chooseBreakout(breakoutId))}
            data-testid={`choose-${breakoutId}`}
          >
            {own === breakoutId ? t("breakouts.yours") : t("breakouts.visit")}
          </Button>
        </li>
      ))}
    </ul>
  );
}
