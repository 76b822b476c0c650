/** One thing to say in the middle of a page, and what can be done about it. */
import type { ReactNode } from "react";

import "./message.css";

interface MessageProps {
  title: string;
  text?: string | undefined;
  icon?: ReactNode;
  children?: ReactNode;
}

export function Message({ title, text, icon, children }: MessageProps) {
  return (
    <section className="message">
      {icon === undefined ? null : <div className="message-icon">{icon}</div>}
      <h1>{title}</h1>
      {text === undefined ? null : <p className="muted">{text}</p>}
      <div className="message-actions">{children}</div>
    </section>
  );
}
