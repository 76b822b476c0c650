/** A button of the control bar. */
import type { ReactNode } from "react";
import type { ButtonProps } from "react-aria-components";

import { IconButton } from "../../../ui/button";

interface ControlButtonProps extends Omit<ButtonProps, "children" | "className"> {
  label: string;
  icon: ReactNode;
  keys?: string | undefined;
  /** `off`: a device that is off; `active`: something that goes on; `open`: its panel is shown. */
  tone?: "plain" | "off" | "active" | "open" | "leave";
  badge?: number;
}

export function ControlButton({ tone = "plain", badge = 0, icon, ...props }: ControlButtonProps) {
  const content = (
    <>
      {icon}
      {badge > 0 ? (
        <span className="control-badge numeric" aria-hidden="true">
          {badge > 99 ? "99+" : badge}
        </span>
      ) : null}
    </>
  );
  return <IconButton {...props} className={`control control-${tone}`} icon={content} />;
}
