/** One thing to say in the middle of a page, and what can be done about it. */
import type { ReactNode } from "react";

import { useFocusOnMount } from "../../../ui/use-focus-on-mount";
import "./message.css";

interface MessageProps {
  title: string;
  text?: string | undefined;
  icon?: ReactNode;
  children?: ReactNode;
}

export function Message({ title, text, icon, children }: MessageProps) {
  const heading = useFocusOnMount();
  return (
    <section className="message">
      {icon === undefined ? null : <div className="message-icon">{icon}</div>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {text === undefined ? null : <p className="muted">{text}</p>}
      <div className="message-actions">{children}</div>
    </section>
  );
}
