/** What can be done with a tile. */
import { useState } from "react";
import type { RefObject } from "react";
import { EllipsisVertical, Maximize, MicOff, Pin, PinOff, UserX } from "lucide-react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Confirm } from "../../../ui/dialog";
import { useIsHost, useSession } from "../../../ui/meeting";
import { Menu, MenuAction, MenuSeparator } from "../../../ui/menu";
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
  const session = useSession();
  const attempt = useAttempt();
  const mayModerate = useIsHost() && !person.isSelf && tile.source === "camera";
  const [removing, setRemoving] = useState(false);
  const trigger = (
    <Button className="tile-menu" aria-label={t("room.tileMenu", { name })}>
      <EllipsisVertical size={18} aria-hidden="true" />
    </Button>
  );
  return (
    <>
      <Menu trigger={trigger} label={t("room.tileMenu", { name })}>
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
        {mayModerate ? <MenuSeparator /> : null}
        {mayModerate && person.microphone ? (
          <MenuAction
            id="mute"
            icon={<MicOff size={18} />}
            name={t("people.mute")}
            onAction={() => attempt(session.muteParticipant(person.participantId, "microphone"))}
          />
        ) : null}
        {mayModerate ? (
          <MenuAction id="remove" icon={<UserX size={18} />} name={t("people.remove")} danger onAction={() => setRemoving(true)} />
        ) : null}
      </Menu>
      <Confirm
        title={t("people.removeTitle", { name: person.displayName })}
        text={t("people.removeText")}
        action={t("people.remove")}
        isOpen={removing}
        onConfirm={() => attempt(session.removeParticipant(person.participantId))}
        onClose={() => setRemoving(false)}
      />
    </>
  );
}
