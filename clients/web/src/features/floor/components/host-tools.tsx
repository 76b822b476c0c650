/** What hosts can do to everybody at once. */
import { useState } from "react";
import { Ban, Hand, MicOff, Settings2, Snowflake } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useSession, useView } from "../../../ui/meeting";
import { Switch } from "../../../ui/switch";
import { BansDialog } from "./bans-dialog";
import { MuteAllDialog } from "./mute-all-dialog";
import { OptionsDialog } from "./options-dialog";
import "./floor.css";

type Open = "mute" | "options" | "bans" | null;

export function HostTools() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const locked = useView((view) => view.meeting?.locked ?? false);
  const frozen = useView((view) => view.meeting?.frozen ?? false);
  const handsUp = useView((view) => view.participants.some((person) => person.handRaisedAt !== null));
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <div className="host-tools">
      <Button onPress={() => setOpen("mute")} data-testid="mute-all">
        <MicOff size={18} aria-hidden="true" />
        {t("people.muteAll")}
      </Button>
      <Button onPress={() => attempt(session.freeze(!frozen))} data-testid="freeze">
        <Snowflake size={18} aria-hidden="true" />
        {frozen ? t("floor.thaw") : t("floor.freeze")}
      </Button>
      <Button isDisabled={!handsUp} onPress={() => attempt(session.lowerHands())} data-testid="lower-hands">
        <Hand size={18} aria-hidden="true" />
        {t("floor.lowerHands")}
      </Button>
      <Button onPress={() => setOpen("options")} data-testid="meeting-options">
        <Settings2 size={18} aria-hidden="true" />
        {t("floor.options")}
      </Button>
      <Button onPress={() => setOpen("bans")} data-testid="open-bans">
        <Ban size={18} aria-hidden="true" />
        {t("floor.bans")}
      </Button>
      <Switch label={t("people.lock")} isSelected={locked} onChange={(on) => attempt(session.lock(on))} />
      {open === "mute" ? <MuteAllDialog onClose={close} /> : null}
      {open === "options" ? <OptionsDialog onClose={close} /> : null}
      {open === "bans" ? <BansDialog onClose={close} /> : null}
    </div>
  );
}
