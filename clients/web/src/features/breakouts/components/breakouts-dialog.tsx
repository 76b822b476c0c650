/** Everything about breakout rooms in one place: for hosts the rooms and their people, for others the choice. */
import { useTranslation } from "react-i18next";

import { Dialog } from "../../../ui/dialog";
import { useIsHost, useView } from "../../../ui/meeting";
import { Board } from "./board";
import { CreateForm } from "./create-form";
import { HostControls } from "./host-controls";
import { RoomChoice } from "./room-choice";
import "./breakouts.css";

export function BreakoutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const isHost = useIsHost();
  const breakouts = useView((view) => view.breakouts);
  return (
    <Dialog title={t("breakouts.title")} isOpen onClose={onClose} width="wide">
      <div className="breakouts" data-testid="breakouts">
        {breakouts === null && isHost ? <CreateForm /> : null}
        {breakouts === null && !isHost ? <p className="muted">{t("breakouts.none")}</p> : null}
        {breakouts !== null && breakouts.status === "returning" ? <p role="status">{t("breakouts.returning")}</p> : null}
        {breakouts !== null && breakouts.status !== "returning" && isHost ? (
          <>
            <HostControls breakouts={breakouts} />
            <Board breakouts={breakouts} />
          </>
        ) : null}
        {breakouts !== null && breakouts.status !== "returning" && !isHost ? <RoomChoice breakouts={breakouts} /> : null}
      </div>
    </Dialog>
  );
}
