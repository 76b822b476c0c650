/** Out: at once for a guest of the meeting; a host chooses between leaving and ending. */
import { useState } from "react";
import { CircleStop, LogOut, PhoneOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Confirm } from "../../../ui/dialog";
import { useIsHost, useSession, useView } from "../../../ui/meeting";
import { Menu, MenuAction } from "../../../ui/menu";
import { ControlButton } from "./control-button";

export function LeaveButton() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const isHost = useIsHost();
  // A breakout room is closed with the others.
  const mayEnd = useView((view) => view.breakouts?.here ?? null) === null;
  const [ending, setEnding] = useState(false);
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
          onAction={leave}
          testId="leave-meeting"
        />
        <MenuAction
          id="end"
          icon={<CircleStop size={18} />}
          name={t("room.endForAll")}
          danger
          onAction={() => setEnding(true)}
          testId="end-for-all"
        />
      </Menu>
      <Confirm
        title={t("room.endTitle")}
        text={t("room.endText")}
        action={t("room.endForAll")}
        isOpen={ending}
        onConfirm={() => attempt(session.endForAll())}
        onClose={() => setEnding(false)}
      />
    </>
  );
}
