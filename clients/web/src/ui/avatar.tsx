/** A person's picture, or without one initials on a colour that belongs to their id. */
import { useState } from "react";

import { avatarColour, initials } from "./identity";
import "./avatar.css";

interface AvatarProps {
  id: string;
  name: string;
  size: number;
  picture?: string | null | undefined;
}

export function Avatar({ id, name, size, picture }: AvatarProps) {
  const [failed, setFailed] = useState<string | null>(null);
  if (picture != null && picture !== failed) {
    return (
      <img className="avatar" src={picture} alt="" width={size} height={size} onError={() => setFailed(picture)} />
    );
  }
  const { fill, ink } = avatarColour(id);
  const letters = initials(name);
  // Two Chinese characters are as wide as high each: they need more room than two letters.
  const fontSize = Math.round(size * (/^[\p{L}]{2}$/u.test(letters) && !/^[\p{Script=Latin}]/u.test(letters) ? 0.34 : 0.4));
  return (
    <span className="avatar" style={{ width: size, height: size, fontSize, background: fill, color: ink }} aria-hidden="true">
      {letters}
    </span>
  );
}
