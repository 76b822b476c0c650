/** Out: at once for a guest of the meeting; a host chooses between leaving, handing over and ending. */
import { useState } from "react";
import { CircleStop, LogOut, PhoneOff, UserRoundCog } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Confirm } from "../../../ui/dialog";
import { useIsHost, useSession, useView } from "../../../ui/meeting";
import { Menu, MenuAction } from "../../../ui/menu";
import { useHeirs } from "../hooks/use-heirs";
import { ControlButton } from "./control-button";
import { HandOverDialog } from "./hand-over-dialog";

export function LeaveButton() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const isHost = useIsHost();
  // A breakout room is closed with the others.
  const mayEnd = useView((view) => view.breakouts?.here ?? null) === null;
  const heirs = useHeirs();
  const [asking, setAsking] = useState<"end" | "hand_over" | null>(null);
  const close = () => setAsking(null);
  const leave = () => void session.leave();
  const icon = <PhoneOff size={22} />;
  if (!isHost || !mayEnd) {
    return <ControlButton label={t("room.leave")} icon={icon} tone="leave" onPress={leave} data-testid="leave" />;
  }
  return (
    <>
      <Menu
        trigger={<ControlButton label={t("room.leave")} icon={icon} tone="leave" data-testid="leave" />}
        label={t("room.leave")}
        placement="top"
      >
        <MenuAction
          id="leave"
          icon={<LogOut size={18} />}
          name={t("room.leaveMeeting")}
          hint={heirs === null ? undefined : t(heirs.some(({ isGuest }) => !isGuest) ? "room.leaveToUser" : "room.leaveToGuests")}
          onAction={leave}
          testId="leave-meeting"
        />
        {heirs === null ? null : (
          <MenuAction
            id="hand-over"
            icon={<UserRoundCog size={18} />}
            name={t("room.handOverAndLeave")}
            onAction={() => setAsking("hand_over")}
            testId="hand-over-and-leave"
          />
        )}
        <MenuAction
          id="end"
          icon={<CircleStop size={18} />}
          name={t("room.endForAll")}
          danger
          onAction={() => setAsking("end")}
          testId="end-for-all"
        />
      </Menu>
      <Confirm
        title={t("room.endTitle")}
        text={t("room.endText")}
        action={t("room.endForAll")}
        isOpen={asking === "end"}
        onConfirm={() => attempt(session.endForAll())}
        onClose={close}
      />
      {asking === "hand_over" && heirs !== null ? <HandOverDialog heirs={heirs} onClose={close} /> : null}
    </>
  );
}
