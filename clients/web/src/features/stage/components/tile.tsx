/** One person, or one shared screen. */
import { memo, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { Avatar } from "../../../ui/avatar";
import { useView } from "../../../ui/meeting";
import { handPlace } from "../../../ui/hands";
import { Spinner } from "../../../ui/spinner";
import { VideoView } from "../../../ui/video-view";
import { useTilePicture } from "../hooks/use-tile-picture";
import type { StageTile, TileName } from "../layout/stage-layout";
import { HandBadge, NameChip, PausedBadge, QualityBadge, SpotlightBadge } from "./tile-badges";
import { TileMenu } from "./tile-menu";
import "./tile.css";

interface TileProps {
  tile: StageTile;
  person: Participant;
  isPinned: boolean;
  onPin: (tile: TileName | null) => void;
}

export const Tile = memo(function Tile({ tile, person, isPinned, onPin }: TileProps) {
  const { t } = useTranslation();
  const element = useRef<HTMLElement>(null);
  const { track, pause } = useTilePicture(tile);
  const isSpeaking = useView((view) => view.speakers.includes(tile.participantId)) && person.microphone;
  const place = useView((view) => handPlace(view.participants, tile.participantId));
  const isSpotlit = useView((view) => view.meeting?.spotlight === tile.participantId);
  const isScreen = tile.source === "screen";
  const { x, y, width, height } = tile.rect;
  const isSent = isScreen || person.camera;
  const showsVideo = track !== null && (isSent || tile.isSelf);
  const name = isScreen ? t("room.screenOf", { name: person.displayName }) : person.displayName;
  return (
    <figure
      ref={element}
      className="tile"
      style={{ width, height, transform: `translate(${x}px, ${y}px)` }}
      aria-label={name}
      data-testid={`tile-${tile.id}`}
      data-place={tile.place}
      data-source={tile.source}
      data-speaking={isSpeaking && !isScreen ? "" : undefined}
      data-reconnecting={person.presence === "reconnecting" ? "" : undefined}
    >
      {showsVideo ? (
        <VideoView track={track} mirrored={tile.isSelf && !isScreen} fit={isScreen ? "contain" : "cover"} />
      ) : (
        <div className="tile-blank">
          <Avatar id={person.participantId} name={person.displayName} size={avatarSize(width, height)} picture={person.avatarUrl} />
        </div>
      )}
      <div className="tile-corner">
        {isSpotlit && !isScreen ? <SpotlightBadge /> : null}
        {place === null || isScreen ? null : <HandBadge place={place} />}
        {person.presence === "reconnecting" ? (
          <span className="tile-state">
            <Spinner size={12} />
            <span>{t("room.reconnecting")}</span>
          </span>
        ) : (
          <QualityBadge quality={person.quality} />
        )}
        {pause !== null && isSent ? <PausedBadge reason={pause} /> : null}
      </div>
      <NameChip name={name} isSelf={tile.isSelf} microphone={person.microphone} isScreen={isScreen} isPinned={isPinned} />
      <TileMenu tile={tile} person={person} name={name} isPinned={isPinned} onPin={onPin} frame={element} />
    </figure>
  );
});

function avatarSize(width: number, height: number): number {
  return Math.max(32, Math.min(144, Math.round(Math.min(width, height) * 0.38)));
}
