/** Before everybody falls silent: may they switch on by themselves? */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { useSession } from "../../../ui/meeting";
import { Switch } from "../../../ui/switch";

export function MuteAllDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [mayUnmute, setMayUnmute] = useState(true);
  const muteAll = () => {
    attempt(session.muteAll(!mayUnmute));
    onClose();
  };
  return (
    <Dialog title={t("floor.muteAllTitle")} isOpen onClose={onClose}>
      <p className="muted">{t("floor.muteAllText")}</p>
      <Switch label={t("floor.mayUnmute")} isSelected={mayUnmute} onChange={setMayUnmute} />
      <div className="dialog-actions">
        <Button onPress={onClose}>{t("common.cancel")}</Button>
        <Button kind="primary" onPress={muteAll} data-testid="confirm-mute-all">
          {t("people.muteAll")}
        </Button>
      </div>
    </Dialog>
  );
}
