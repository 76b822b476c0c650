/** A host asks one to speak: nobody is switched on without their own press. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { useSession } from "../../../ui/meeting";

export function UnmuteRequest() {
  const { t } = useTranslation();
  const session = useSession();
  const { devices } = useCore();
  const [asked, setAsked] = useState(false);
  useEffect(
    () =>
      session.onNotice((notice) => {
        if (notice.type === "asked_to_unmute" && !devices.state.get().microphoneOn) setAsked(true);
        if (notice.type === "muted_all" || notice.type === "muted_by_host") setAsked(false);
      }),
    [session, devices],
  );
  const close = () => setAsked(false);
  const unmute = () => {
    close();
    void devices.setMicrophoneOn(true).catch(() => undefined);
  };
  return (
    <Dialog title={t("floor.askedToUnmute")} isOpen={asked} onClose={close}>
      <p className="muted">{t("floor.askedToUnmuteText")}</p>
      <div className="dialog-actions">
        <Button onPress={close}>{t("floor.notNow")}</Button>
        <Button kind="primary" onPress={unmute} data-testid="unmute-now">
          {t("floor.unmute")}
        </Button>
      </div>
    </Dialog>
  );
}
