/** The panel beside the stage; on a phone it covers it. */
import { useEffect, useRef } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../../ui/button";

interface SidePanelProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** The panel's content takes the focus by itself. */
  focusesItself?: boolean;
}

export function SidePanel({ title, onClose, children, focusesItself = false }: SidePanelProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!focusesItself) heading.current?.focus();
  }, [focusesItself]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
    event.stopPropagation();
    onClose();
  };
  return (
    // Escape closes from wherever the focus is inside.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className="side-panel" aria-label={title} onKeyDown={onKeyDown}>
      <header className="side-panel-header">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <IconButton label={t("common.close")} icon={<X size={20} />} onPress={onClose} data-testid="close-panel" />
      </header>
      {children}
    </aside>
  );
}
