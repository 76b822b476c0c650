/** After the meeting: what happened, and the way back where there is one. */
import type { ReactNode } from "react";
import { CircleCheck, CircleX, DoorOpen, LogOut, MonitorSmartphone, RefreshCw, UserX } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { EndReason, Problem } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonAnchor, ButtonLink } from "../../../ui/button";
import { Message, Shell, usePageTitle } from "../../shell";
import { mayRejoin } from "../rejoin";

const ICONS: Record<EndReason, ReactNode> = {
  left: <DoorOpen size={30} />,
  removed: <UserX size={30} />,
  denied: <UserX size={30} />,
  ended: <CircleCheck size={30} />,
  replaced: <MonitorSmartphone size={30} />,
  loggedOut: <LogOut size={30} />,
  refused: <CircleX size={30} />,
  version: <RefreshCw size={30} />,
};

interface EndPageProps {
  reason: EndReason;
  problem: Problem | null;
  onRejoin: () => void;
  /** Where other software wants its user back. */
  leaveUrl: string | null;
}

export function EndPage({ reason, problem, onRejoin, leaveUrl }: EndPageProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  usePageTitle(t(`end.${reason}`));
  const text = reason === "refused" && problem !== null ? textOf(problem) : t(`end.${reason}Text`);
  return (
    <Shell centred>
      <Message title={t(`end.${reason}`)} text={text} icon={ICONS[reason]}>
        {mayRejoin(reason, problem) ? (
          <Button kind="primary" size="large" onPress={onRejoin} data-testid="rejoin">
            {t("end.rejoin")}
          </Button>
        ) : null}
        {reason === "version" ? (
          <Button kind="primary" size="large" onPress={() => window.location.reload()}>
            {t("end.reload")}
          </Button>
        ) : null}
        {leaveUrl === null ? (
          <ButtonLink size="large" href="/">
            {t("common.home")}
          </ButtonLink>
        ) : (
          <ButtonAnchor size="large" href={leaveUrl}>
            {t("end.back")}
          </ButtonAnchor>
        )}
      </Message>
    </Shell>
  );
}
