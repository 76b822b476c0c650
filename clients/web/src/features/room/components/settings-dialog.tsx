/** Devices and language, without leaving the meeting. */
import { useTranslation } from "react-i18next";

import { LOCALES, LOCALE_NAMES } from "../../../i18n";
import { Dialog } from "../../../ui/dialog";
import { Select } from "../../../ui/select";
import { DeviceSelects } from "../../devices";
import { useLocale } from "../../shell";

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { locale, changeLocale } = useLocale();
  return (
    <Dialog title={t("room.settings")} isOpen onClose={onClose} width="wide">
      <DeviceSelects />
      <Select
        label={t("room.language")}
        options={LOCALES.map((id) => ({ id, name: LOCALE_NAMES[id] }))}
        value={locale}
        onChange={changeLocale}
      />
    </Dialog>
  );
}
