/** Whichever side panel is open. */
import { useTranslation } from "react-i18next";

import { ChatPanel } from "../../chat";
import type { ChatDesk } from "../../chat";
import { PeoplePanel } from "../../people";
import { PollsPanel } from "../../polls";
import type { Panels } from "../hooks/use-panels";
import { InfoPanel } from "./info-panel";
import { SidePanel } from "./side-panel";

interface RoomPanelProps {
  panels: Panels;
  desk: ChatDesk;
}

export function RoomPanel({ panels, desk }: RoomPanelProps) {
  const { t } = useTranslation();
  switch (panels.open) {
    case null:
      return null;
    case "info":
      return (
        <SidePanel key="info" title={t("room.info")} onClose={panels.close}>
          <InfoPanel />
        </SidePanel>
      );
    case "people":
      return (
        <SidePanel key="people" title={t("people.title")} onClose={panels.close}>
          <PeoplePanel />
        </SidePanel>
      );
    case "chat":
      return (
        <SidePanel key="chat" title={t("chat.title")} onClose={panels.close} focusesItself>
          <ChatPanel desk={desk} />
        </SidePanel>
      );
    case "polls":
      return (
        <SidePanel key="polls" title={t("polls.title")} onClose={panels.close}>
          <PollsPanel />
        </SidePanel>
      );
  }
}
