/** What a host can do to everybody at once. */
import { LockKeyhole, MicOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useSession, useView } from "../../../ui/meeting";
import { Switch } from "../../../ui/switch";

export function HostTools() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const participants = useView((view) => view.participants);
  const locked = useView((view) => view.meeting?.locked ?? false);
  const loud = participants.filter((person) => !person.isSelf && person.microphone);
  const muteAll = () => {
    for (const person of loud) attempt(session.muteParticipant(person.participantId, "microphone"));
  };
  return (
    <div className="host-tools">
      <Button isDisabled={loud.length === 0} onPress={muteAll} data-testid="mute-all">
        <MicOff size={18} aria-hidden="true" />
        {t("people.muteAll")}
      </Button>
      <div className="host-lock">
        <LockKeyhole size={18} aria-hidden="true" />
        <Switch
          label={t("people.lock")}
          isSelected={locked}
          onChange={(on) => attempt(session.lock(on))}
        />
      </div>
      {locked ? <p className="muted host-locked">{t("people.lockText")}</p> : null}
    </div>
  );
}
