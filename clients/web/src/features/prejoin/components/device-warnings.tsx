/** What is wrong with the microphone; the camera's trouble is told where its picture would be. */
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useCore, useSelected } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { useSilentMicrophone, useSwitches } from "../../devices";

export function DeviceWarnings() {
  const { t } = useTranslation();
  const { devices } = useCore();
  const problem = useSelected(devices.state, (state) => state.microphoneProblem);
  const { setMicrophone } = useSwitches();
  const silent = useSilentMicrophone();
  if (problem !== null) {
    const again = (
      <Button
        kind="quiet"
        onPress={() => {
          setMicrophone(true);
        }}
      >
        {t("common.retry")}
      </Button>
    );
    return (
      <Notice kind="warning" action={again}>
        {t(`devices.microphoneProblem.${problem}`)}
      </Notice>
    );
  }
  return silent ? <Notice kind="warning">{t("devices.silent")}</Notice> : null;
}
