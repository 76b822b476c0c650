/** Above the stage while breakout rooms are open: where one is, how long, and what one can do. */
import { Split } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Breakouts } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useIsHost, useSession, useView } from "../../../ui/meeting";
import { useCountdown } from "../hooks/use-countdown";
import "../../../ui/banner.css";
import "./breakouts.css";

export function BreakoutBanner({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  const isHost = useIsHost();
  const breakouts = useView((view) => view.breakouts);
  const left = useCountdown(breakouts?.endsAt ?? null);
  if (breakouts === null || (breakouts.here === null && !concerns(breakouts, isHost))) return null;
  const { here, status, endsAt } = breakouts;
  const room = breakouts.rooms.find(({ breakoutId }) => breakoutId === here);
  const name = room === undefined ? t("breakouts.areOpen") : t("breakouts.youAreIn", { room: room.title });
  return (
    <div className="banner breakout-banner" data-testid="breakout-banner">
      <Split size={18} aria-hidden="true" />
      <p role="status">{status === "returning" ? t("breakouts.returning") : name}</p>
      {left !== null && endsAt !== null && status !== "returning" ? (
        <span className="breakout-countdown numeric" role="timer" aria-label={t("breakouts.timeLeft", { time: left })}>
          {left}
        </span>
      ) : null}
      {status === "returning" ? null : <BannerActions breakouts={breakouts} isHost={isHost} onOpen={onOpen} />}
    </div>
  );
}

/** In the main room hosts see that rooms are open, and others where they may choose one. */
function concerns({ status, assignment }: Breakouts, isHost: boolean): boolean {
  return status === "open" || status === "closing" ? isHost || assignment === "choose" : false;
}

function BannerActions({ breakouts, isHost, onOpen }: { breakouts: Breakouts; isHost: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const { here, mayReturn, assignment, rooms } = breakouts;
  const hasAsked = rooms.some(({ breakoutId, helpBy }) => breakoutId === here && helpBy !== null);
  return (
    <div className="breakout-actions">
      {here !== null && !isHost ? (
        <Button isDisabled={hasAsked} onPress={() => attempt(session.askBreakoutHelp())} data-testid="ask-help">
          {hasAsked ? t("breakouts.helpAsked") : t("breakouts.askHelp")}
        </Button>
      ) : null}
      {isHost || assignment === "choose" ? (
        <Button onPress={onOpen} data-testid="open-breakouts">
          {isHost ? t("breakouts.manage") : t("breakouts.choose")}
        </Button>
      ) : null}
      {here !== null && (isHost || mayReturn) ? (
        <Button kind="primary" onPress={() => attempt(session.chooseBreakout(null))} data-testid="return-to-main">
          {t("breakouts.return")}
        </Button>
      ) : null}
    </div>
  );
}
