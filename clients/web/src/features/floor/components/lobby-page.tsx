/** In the lobby: the own picture and the devices as before, and the card that says how long. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { MeetingSession } from "../../../core/types";
import { MeetingProvider } from "../../../ui/meeting";
import { Shell, usePageTitle } from "../../shell";
import { LobbyCard } from "./lobby-card";
import "./lobby.css";

/** `preview`: what the door shows of oneself. */
export function LobbyPage({ session, preview }: { session: MeetingSession; preview: ReactNode }) {
  const { t } = useTranslation();
  usePageTitle(t("floor.asking"));
  return (
    <MeetingProvider value={session}>
      <Shell centred>
        <div className="prejoin">
          {preview}
          <LobbyCard />
        </div>
      </Shell>
    </MeetingProvider>
  );
}
