/** A person without a picture: initials on a colour that belongs to their id. */
import { avatarColour, initials } from "./identity";
import "./avatar.css";

interface AvatarProps {
  id: string;
  name: string;
  size: number;
}

export function Avatar({ id, name, size }: AvatarProps) {
  const { fill, ink } = avatarColour(id);
  const style = { width: size, height: size, fontSize: Math.round(size * 0.4), background: fill, color: ink };
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
