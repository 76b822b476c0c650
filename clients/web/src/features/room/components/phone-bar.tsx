/** The bar on a phone: six buttons, everything else in a sheet. */
import { useState } from "react";
import { EllipsisVertical, Hand, Info, MessageSquare, MonitorUp, MonitorX, Users } from "lucide-react";
import { Toolbar } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { Dialog } from "../../../ui/dialog";
import type { MoreAction } from "../hooks/use-more-actions";
import { canShareScreen, useOwnState } from "../hooks/use-own-state";
import type { Panels } from "../hooks/use-panels";
import { ControlButton } from "./control-button";
import { PhoneDeviceButtons } from "./device-buttons";
import { LeaveButton } from "./leave-button";
import { ReactionRow } from "./reaction-picker";
import { SheetRow } from "./sheet-row";

interface PhoneBarProps {
  panels: Panels;
  unread: number;
  more: MoreAction[];
}

export function PhoneBar({ panels, unread, more }: PhoneBarProps) {
  const { t } = useTranslation();
  const { handUp, toggleHand } = useOwnState();
  const [sheetOpen, setSheetOpen] = useState(false);
  return (
    <footer className="control-bar control-bar-phone">
      <Toolbar className="control-group" aria-label={t("room.controls")}>
        <PhoneDeviceButtons />
        <ControlButton
          label={handUp ? t("room.lowerHand") : t("room.raiseHand")}
          icon={<Hand size={22} />}
          tone={handUp ? "active" : "plain"}
          onPress={toggleHand}
          data-testid="toggle-hand"
        />
        <ControlButton
          label={unread > 0 ? t("room.chatUnread", { count: unread }) : t("chat.title")}
          icon={<MessageSquare size={22} />}
          badge={unread}
          onPress={() => panels.toggle("chat")}
          data-testid="open-chat"
        />
        <ControlButton
          label={t("room.more")}
          icon={<EllipsisVertical size={22} />}
          onPress={() => setSheetOpen(true)}
          data-testid="open-more"
        />
        <LeaveButton />
      </Toolbar>
      <Dialog title={t("room.more")} isOpen={sheetOpen} onClose={() => setSheetOpen(false)}>
        <Sheet panels={panels} more={more} onDone={() => setSheetOpen(false)} />
      </Dialog>
    </footer>
  );
}

function Sheet({ panels, more, onDone }: { panels: Panels; more: MoreAction[]; onDone: () => void }) {
  const { t } = useTranslation();
  const { screenSharing, toggleScreen } = useOwnState();
  const done = (action: () => void) => () => {
    onDone();
    action();
  };
  return (
    <>
      <ReactionRow onPick={onDone} />
      <div className="sheet">
        {canShareScreen() ? (
          <SheetRow
            icon={screenSharing ? <MonitorX size={20} /> : <MonitorUp size={20} />}
            name={screenSharing ? t("room.stopShare") : t("room.share")}
            onPress={done(toggleScreen)}
            testId="toggle-screen"
          />
        ) : null}
        <SheetRow
          icon={<Users size={20} />}
          name={t("people.title")}
          onPress={done(() => panels.toggle("people"))}
          testId="open-people"
        />
        <SheetRow
          icon={<Info size={20} />}
          name={t("room.info")}
          onPress={done(() => panels.toggle("info"))}
          testId="open-info"
        />
        {more.filter(hasUseOnPhone).map((action) => (
          <SheetRow key={action.id} icon={action.icon} name={action.name} onPress={done(action.run)} testId={`more-${action.id}`} />
        ))}
      </div>
    </>
  );
}

/** Phones have no keyboard to learn shortcuts for. */
function hasUseOnPhone(action: MoreAction): boolean {
  return action.id !== "shortcuts";
}
