/** A titled part of the settings. */
import type { ReactNode } from "react";

interface SectionProps {
  title: string;
  text?: string;
  children: ReactNode;
}

export function Section({ title, text, children }: SectionProps) {
  return (
    <section className="settings-section">
      <header>
        <h2>{title}</h2>
        {text === undefined ? null : <p className="muted">{text}</p>}
      </header>
      <div className="settings-body">{children}</div>
    </section>
  );
}
