/** The small signs on a tile: name and microphone, hand, connection. */
import { CirclePause, Hand, MicOff, MonitorUp, MonitorX, Pin, Sparkles } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { PauseReason, Quality } from "../../../core/types";

interface NameChipProps {
  name: string;
  isSelf: boolean;
  microphone: boolean;
  isScreen: boolean;
  isPinned: boolean;
}

export function NameChip({ name, isSelf, microphone, isScreen, isPinned }: NameChipProps) {
  const { t } = useTranslation();
  return (
    <figcaption className="tile-name">
      {isPinned ? <Pin size={14} aria-label={t("room.pinned")} /> : null}
      {isScreen ? <MonitorUp size={14} aria-hidden="true" /> : null}
      {isScreen || microphone ? null : <MicOff size={14} className="tile-muted" aria-label={t("people.muted")} />}
      <span className="tile-name-text">{isSelf ? t("people.you", { name }) : name}</span>
    </figcaption>
  );
}

export function HandBadge({ place }: { place: number }) {
  const { t } = useTranslation();
  return (
    <span className="tile-hand" role="img" aria-label={t("people.handPlace", { place })}>
      <Hand size={15} aria-hidden="true" />
      <span className="numeric">{place}</span>
    </span>
  );
}

export function SpotlightBadge() {
  const { t } = useTranslation();
  return (
    <span className="tile-spotlight" role="img" aria-label={t("floor.spotlit")} title={t("floor.spotlit")}>
      <Sparkles size={15} aria-hidden="true" />
    </span>
  );
}

const BARS: Record<Quality, number> = { good: 3, fair: 2, poor: 1, lost: 0 };

/** Silent while all is well. */
export function QualityBadge({ quality }: { quality: Quality | null }) {
  const { t } = useTranslation();
  if (quality === null || quality === "good") return null;
  const text = t("room.qualityIs", { quality: t(`room.quality.${quality}`) });
  return (
    <span className={`tile-quality tile-quality-${quality}`} role="img" aria-label={text} title={text}>
      {[1, 2, 3].map((bar) => (
        <i key={bar} data-lit={bar <= BARS[quality] ? "" : undefined} style={{ height: 3 + bar * 3 }} />
      ))}
    </span>
  );
}

/** Why the viewer doesn't get this picture. */
export function PausedBadge({ reason }: { reason: PauseReason }) {
  const { t } = useTranslation();
  const text = t(`room.videoPaused.${reason}`);
  return (
    <span className="tile-state" title={text}>
      {reason === "codec" ? <MonitorX size={14} aria-hidden="true" /> : <CirclePause size={14} aria-hidden="true" />}
      <span>{text}</span>
    </span>
  );
}
