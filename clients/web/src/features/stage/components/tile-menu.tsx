/** What can be done with a tile, and by hosts with who is on it. */
import type { RefObject } from "react";
import { EllipsisVertical, Maximize, Pin, PinOff } from "lucide-react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { Menu, MenuAction } from "../../../ui/menu";
import { PersonMenu } from "../../floor";
import type { StageTile, TileName } from "../layout/stage-layout";

interface TileMenuProps {
  tile: StageTile;
  person: Participant;
  name: string;
  isPinned: boolean;
  onPin: (tile: TileName | null) => void;
  frame: RefObject<HTMLElement | null>;
}

export function TileMenu({ tile, person, name, isPinned, onPin, frame }: TileMenuProps) {
  const { t } = useTranslation();
  const label = t("room.tileMenu", { name });
  const trigger = (
    <Button className="tile-menu" aria-label={label}>
      <EllipsisVertical size={18} aria-hidden="true" />
    </Button>
  );
  const own = (
    <>
      <MenuAction
        id="pin"
        icon={isPinned ? <PinOff size={18} /> : <Pin size={18} />}
        name={isPinned ? t("room.unpin") : t("room.pin")}
        onAction={() => onPin(isPinned ? null : { participantId: tile.participantId, source: tile.source })}
      />
      <MenuAction
        id="full-screen"
        icon={<Maximize size={18} />}
        name={t("room.fullScreen")}
        onAction={() => void frame.current?.requestFullscreen().catch(() => undefined)}
      />
    </>
  );
  if (tile.source === "screen") {
    return (
      <Menu trigger={trigger} label={label}>
        {own}
      </Menu>
    );
  }
  return (
    <PersonMenu person={person} trigger={trigger} label={label}>
      {own}
    </PersonMenu>
  );
}
