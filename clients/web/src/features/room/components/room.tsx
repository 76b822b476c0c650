/** The meeting: stage, bar, one panel, and what floats above. */
import { useCallback, useLayoutEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { MeetingSession } from "../../../core/types";
import { FailuresProvider, createFailures } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { MeetingProvider, useView } from "../../../ui/meeting";
import { PageSpinner } from "../../../ui/spinner";
import { PHONE, useMediaQuery } from "../../../ui/use-media-query";
import { BreakoutBanner, BreakoutsDialog } from "../../breakouts";
import { PrivateChatProvider, useChatDesk } from "../../chat";
import type { ChatDesk } from "../../chat";
import { useFocusOnMount } from "../../../ui/use-focus-on-mount";
import { usePageTitle } from "../../shell";
import { FreezeBanner, LobbyToast, UnmuteRequest } from "../../floor";
import { Stage } from "../../stage";
import type { TileName, ViewMode } from "../../stage";
import { useInvitation } from "../hooks/use-invitation";
import { useMoreActions } from "../hooks/use-more-actions";
import type { RoomDialog } from "../hooks/use-more-actions";
import { useOwnState } from "../hooks/use-own-state";
import { usePanels } from "../hooks/use-panels";
import type { Panels } from "../hooks/use-panels";
import { useShortcuts } from "../hooks/use-shortcuts";
import { AloneCard } from "./alone-card";
import { ConnectionDialog } from "./connection-dialog";
import { ControlBar } from "./control-bar";
import { Notices } from "./notices";
import { PhoneBar } from "./phone-bar";
import { RoomPanel } from "./room-panel";
import { SettingsDialog } from "./settings-dialog";
import { ShortcutsDialog } from "./shortcuts-dialog";
import "./room.css";
import "./control-bar.css";

export function Room({ session }: { session: MeetingSession }) {
  const [failures] = useState(createFailures);
  // The room is dark whatever the system says, and so is everything that opens above it.
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = "dark";
    return () => {
      delete document.documentElement.dataset.theme;
    };
  }, []);
  return (
    <MeetingProvider value={session}>
      <FailuresProvider value={failures}>
        <RoomContent />
      </FailuresProvider>
    </MeetingProvider>
  );
}

function RoomContent() {
  const { t } = useTranslation();
  const isPhone = useMediaQuery(PHONE);
  const isJoining = useView((view) => view.phase === "joining");
  const heading = useFocusOnMount();
  const panels = usePanels(heading);
  const desk = useChatDesk(panels.open === "chat");
  const [mode, setMode] = useState<ViewMode>("grid");
  const [pinned, setPinned] = useState<TileName | null>(null);
  const [dialog, setDialog] = useState<RoomDialog | null>(null);
  const more = useMoreActions({ mode, onMode: setMode, onDialog: setDialog, onPolls: () => panels.toggle("polls") });
  const own = useOwnState();
  usePageTitle(useInvitation()?.title ?? t("room.joining"));
  useShortcuts({
    microphone: own.toggleMicrophone,
    camera: own.toggleCamera,
    hand: own.toggleHand,
    chat: () => panels.toggle("chat"),
    people: () => panels.toggle("people"),
    list: () => setDialog("shortcuts"),
  });
  const writeTo = useWriteTo(desk, panels);
  const Bar = isPhone ? PhoneBar : ControlBar;
  return (
    <PrivateChatProvider value={writeTo}>
      <div className="room" data-panel={panels.open === null ? undefined : ""}>
        <main className="room-stage">
          <h1 className="visually-hidden" ref={heading} tabIndex={-1}>
            {t("room.stage")}
          </h1>
          <FreezeBanner />
          <BreakoutBanner onOpen={() => setDialog("breakouts")} />
          {own.screenSharing ? <SharingBanner onStop={own.toggleScreen} /> : null}
          {isJoining ? <PageSpinner label={t("room.joining")} /> : <Stage mode={mode} pinned={pinned} onPin={setPinned} />}
          <AloneCard />
          {panels.open === "people" ? null : <LobbyToast onShowAll={() => panels.show("people")} />}
          <Notices open={panels.open} onPoll={() => panels.show("polls")} />
        </main>
        <RoomPanel panels={panels} desk={desk} />
        <Bar panels={panels} unread={desk.unreadInAll} more={more} />
        <UnmuteRequest />
        {dialog === "breakouts" ? <BreakoutsDialog onClose={() => setDialog(null)} /> : null}
        {dialog === "settings" ? <SettingsDialog onClose={() => setDialog(null)} /> : null}
        {dialog === "connection" ? <ConnectionDialog onClose={() => setDialog(null)} /> : null}
        {dialog === "shortcuts" ? <ShortcutsDialog onClose={() => setDialog(null)} /> : null}
      </div>
    </PrivateChatProvider>
  );
}

/** Opens the chat with one person; the same function while nothing changes, since every tile has it. */
function useWriteTo({ open }: ChatDesk, { show }: Panels) {
  return useCallback(
    (participantId: string) => {
      open(participantId);
      show("chat");
    },
    [open, show],
  );
}

function SharingBanner({ onStop }: { onStop: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="sharing">
      <p>{t("room.youShare")}</p>
      <Button kind="primary" onPress={onStop}>
        {t("room.stopShare")}
      </Button>
    </div>
  );
}
