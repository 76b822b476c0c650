/** Plays one video track, silently; sound is the core's business. */
import { useEffect, useRef } from "react";

import "./video-view.css";

interface VideoViewProps {
  track: MediaStreamTrack;
  mirrored?: boolean;
  fit?: "cover" | "contain";
}

export function VideoView({ track, mirrored = false, fit = "cover" }: VideoViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = new MediaStream([track]);
    // Refused where a page may not play by itself; a muted video may everywhere we know of.
    element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return (
    <video
      ref={video}
      className={`video-view video-${fit}${mirrored ? " video-mirrored" : ""}`}
      autoPlay
      muted
      playsInline
      disablePictureInPicture
      aria-hidden="true"
    />
  );
}
