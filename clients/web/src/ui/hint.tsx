/** A tooltip: the name of an icon, and its keyboard shortcut. */
import type { ReactElement } from "react";
import { Tooltip, TooltipTrigger } from "react-aria-components";

import "./hint.css";

interface HintProps {
  text: string;
  keys?: string | undefined;
  children: ReactElement;
}

export function Hint({ text, keys, children }: HintProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <Tooltip className="hint" offset={8}>
        {text}
        {keys === undefined ? null : <kbd className="hint-keys">{keys}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
