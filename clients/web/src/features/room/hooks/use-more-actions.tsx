/** What stands behind "more", once as a menu and once, on a phone, as a sheet. */
import type { ReactNode } from "react";
import { BarChart3, Gauge, Keyboard, LayoutGrid, Maximize, Minimize, PanelRight, Settings, Split } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useHasBreakouts } from "../../breakouts";
import type { ViewMode } from "../../stage";
import { useFullScreen } from "./use-full-screen";

export type RoomDialog = "settings" | "connection" | "shortcuts" | "breakouts";

export interface MoreAction {
  id: string;
  name: string;
  icon: ReactNode;
  run: () => void;
}

interface MoreOptions {
  mode: ViewMode;
  onMode: (mode: ViewMode) => void;
  onDialog: (dialog: RoomDialog) => void;
  onPolls: () => void;
}

export function useMoreActions({ mode, onMode, onDialog, onPolls }: MoreOptions): MoreAction[] {
  const { t } = useTranslation();
  const hasBreakouts = useHasBreakouts();
  const { isFullScreen, isPossible, toggle } = useFullScreen();
  const view =
    mode === "grid"
      ? { id: "view", name: t("room.speakerView"), icon: <PanelRight size={18} />, run: () => onMode("speaker") }
      : { id: "view", name: t("room.gridView"), icon: <LayoutGrid size={18} />, run: () => onMode("grid") };
  const fullScreen = {
    id: "full-screen",
    name: isFullScreen ? t("room.exitFullScreen") : t("room.fullScreen"),
    icon: isFullScreen ? <Minimize size={18} /> : <Maximize size={18} />,
    run: toggle,
  };
  return [
    { id: "polls", name: t("polls.title"), icon: <BarChart3 size={18} />, run: onPolls },
    ...(hasBreakouts
      ? [{ id: "breakouts", name: t("breakouts.title"), icon: <Split size={18} />, run: () => onDialog("breakouts") }]
      : []),
    view,
    ...(isPossible ? [fullScreen] : []),
    { id: "settings", name: t("room.settings"), icon: <Settings size={18} />, run: () => onDialog("settings") },
    { id: "connection", name: t("room.connectionInfo"), icon: <Gauge size={18} />, run: () => onDialog("connection") },
    { id: "shortcuts", name: t("room.shortcuts"), icon: <Keyboard size={18} />, run: () => onDialog("shortcuts") },
  ];
}
