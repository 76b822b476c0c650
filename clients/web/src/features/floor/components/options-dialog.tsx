/** What hosts decide for this meeting; every change takes effect at once. */
import { useTranslation } from "react-i18next";

import type { OptionsChange } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Dialog } from "../../../ui/dialog";
import { useSession, useView } from "../../../ui/meeting";
import { Select } from "../../../ui/select";
import { Switch } from "../../../ui/switch";

type Toggle = "muteOnEntry" | "attendeesMayUnmute" | "attendeesMayUseCamera" | "attendeesMayShare" | "joinBeforeHost" | "historyForLate";

export function OptionsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const meeting = useView((view) => view.meeting);
  if (meeting === null) return null;
  const { options } = meeting;
  const change = (part: OptionsChange) => attempt(session.setOptions(part));
  const toggle = (name: Toggle, label: string) => (
    <Switch label={label} isSelected={options[name]} onChange={(on) => change({ [name]: on })} />
  );
  return (
    <Dialog title={t("floor.options")} isOpen onClose={onClose} width="wide">
      <Select
        label={t("floor.whoWaits")}
        options={(["off", "guests", "everyone"] as const).map((id) => ({ id, name: t(`floor.lobbyFor.${id}`) }))}
        value={options.lobby}
        onChange={(id) => change({ lobby: id as typeof options.lobby })}
      />
      <Select
        label={t("floor.whoWrites")}
        options={(["everyone", "hosts", "off"] as const).map((id) => ({ id, name: t(`floor.chatFor.${id}`) }))}
        value={options.attendeesMayChat}
        onChange={(id) => change({ attendeesMayChat: id as typeof options.attendeesMayChat })}
      />
      {toggle("joinBeforeHost", t("floor.joinBeforeHost"))}
      {toggle("muteOnEntry", t("floor.muteOnEntry"))}
      {toggle("attendeesMayUnmute", t("floor.mayUnmute"))}
      {toggle("attendeesMayUseCamera", t("floor.mayUseCamera"))}
      {toggle("attendeesMayShare", t("floor.mayShare"))}
      {toggle("historyForLate", t("floor.historyForLate"))}
    </Dialog>
  );
}
