/** The bar below the stage. */
import { EllipsisVertical, Hand, Info, MessageSquare, MonitorUp, MonitorX, Users } from "lucide-react";
import { Toolbar } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { useView } from "../../../ui/meeting";
import { Menu, MenuAction } from "../../../ui/menu";
import { useInvitation } from "../hooks/use-invitation";
import type { MoreAction } from "../hooks/use-more-actions";
import { canShareScreen, useOwnState } from "../hooks/use-own-state";
import type { Panels } from "../hooks/use-panels";
import { Clock } from "./clock";
import { ControlButton } from "./control-button";
import { DeviceButtons } from "./device-buttons";
import { LeaveButton } from "./leave-button";
import { ReactionPicker } from "./reaction-picker";

interface ControlBarProps {
  panels: Panels;
  unread: number;
  more: MoreAction[];
}

export function ControlBar({ panels, unread, more }: ControlBarProps) {
  const { t } = useTranslation();
  const invitation = useInvitation();
  return (
    <footer className="control-bar">
      <div className="control-facts">
        <Clock />
        <span className="control-title">{invitation?.title ?? ""}</span>
      </div>
      <Toolbar className="control-group" aria-label={t("room.controls")}>
        <DeviceButtons />
        <ShareAndHand />
        <Menu
          trigger={<ControlButton label={t("room.more")} icon={<EllipsisVertical size={22} />} data-testid="open-more" />}
          label={t("room.more")}
          placement="top"
        >
          {more.map((action) => (
            <MenuAction key={action.id} id={action.id} icon={action.icon} name={action.name} onAction={action.run} testId={`more-${action.id}`} />
          ))}
        </Menu>
        <LeaveButton />
      </Toolbar>
      <PanelButtons panels={panels} unread={unread} />
    </footer>
  );
}

function ShareAndHand() {
  const { t } = useTranslation();
  const { screenSharing, handUp, toggleScreen, toggleHand } = useOwnState();
  return (
    <>
      {canShareScreen() ? (
        <ControlButton
          label={screenSharing ? t("room.stopShare") : t("room.share")}
          icon={screenSharing ? <MonitorX size={22} /> : <MonitorUp size={22} />}
          tone={screenSharing ? "active" : "plain"}
          onPress={toggleScreen}
          data-testid="toggle-screen"
        />
      ) : null}
      <ReactionPicker />
      <ControlButton
        label={handUp ? t("room.lowerHand") : t("room.raiseHand")}
        icon={<Hand size={22} />}
        keys="Ctrl+Shift+H"
        tone={handUp ? "active" : "plain"}
        onPress={toggleHand}
        data-testid="toggle-hand"
      />
    </>
  );
}

function PanelButtons({ panels, unread }: Pick<ControlBarProps, "panels" | "unread">) {
  const { t } = useTranslation();
  const people = useView((view) => view.participants.length);
  const tone = (panel: Panels["open"]) => (panels.open === panel ? "open" : "plain");
  return (
    <Toolbar className="control-panels" aria-label={t("room.panels")}>
      <ControlButton
        label={t("room.info")}
        icon={<Info size={22} />}
        tone={tone("info")}
        aria-expanded={panels.open === "info"}
        onPress={() => panels.toggle("info")}
        data-testid="open-info"
      />
      <ControlButton
        label={`${t("people.title")}: ${t("people.count", { count: people })}`}
        icon={
          <>
            <Users size={22} />
            <span className="control-count numeric" aria-hidden="true">
              {people}
            </span>
          </>
        }
        keys="P"
        tone={tone("people")}
        aria-expanded={panels.open === "people"}
        onPress={() => panels.toggle("people")}
        data-testid="open-people"
      />
      <ControlButton
        label={unread > 0 ? t("room.chatUnread", { count: unread }) : t("chat.title")}
        icon={<MessageSquare size={22} />}
        keys="M"
        badge={unread}
        tone={tone("chat")}
        aria-expanded={panels.open === "chat"}
        onPress={() => panels.toggle("chat")}
        data-testid="open-chat"
      />
    </Toolbar>
  );
}
