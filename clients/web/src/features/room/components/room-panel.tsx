/** Whichever side panel is open. */
import { useTranslation } from "react-i18next";

import { ChatPanel } from "../../chat";
import { PeoplePanel } from "../../people";
import type { Panels } from "../hooks/use-panels";
import { InfoPanel } from "./info-panel";
import { SidePanel } from "./side-panel";

interface RoomPanelProps {
  panels: Panels;
  draft: string;
  onDraft: (draft: string) => void;
}

export function RoomPanel({ panels, draft, onDraft }: RoomPanelProps) {
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
          <ChatPanel draft={draft} onDraft={onDraft} />
        </SidePanel>
      );
  }
}
