/** A row of emoji, sent with one press. */
import { SmilePlus } from "lucide-react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { useSession } from "../../../ui/meeting";
import { ControlButton } from "./control-button";

const EMOJI = ["👍", "👏", "❤️", "😂", "🎉", "😮", "🙏", "👎"];

export function ReactionRow({ onPick }: { onPick?: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <div className="reaction-row" role="group" aria-label={t("room.reactions")}>
      {EMOJI.map((emoji) => (
        <Button
          key={emoji}
          className="reaction-button"
          onPress={() => {
            session.react(emoji);
            onPick?.();
          }}
        >
          {emoji}
        </Button>
      ))}
    </div>
  );
}

export function ReactionPicker() {
  const { t } = useTranslation();
  return (
    <DialogTrigger>
      <ControlButton label={t("room.reactions")} icon={<SmilePlus size={22} />} data-testid="open-reactions" />
      <Popover className="popover" placement="top" offset={12}>
        <Dialog className="reaction-popover" aria-label={t("room.reactions")}>
          {({ close }) => <ReactionRow onPick={close} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
