/** A sentence that matters, inside a page or form. */
import type { ReactNode } from "react";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";

import "./notice.css";

interface NoticeProps {
  kind: "info" | "warning" | "danger";
  children: ReactNode;
  action?: ReactNode;
}

const ICONS = { info: Info, warning: TriangleAlert, danger: CircleAlert };

export function Notice({ kind, children, action }: NoticeProps) {
  const Icon = ICONS[kind];
  return (
    <div className={`notice notice-${kind}`} role={kind === "danger" ? "alert" : "status"}>
      <Icon size={18} aria-hidden="true" />
      <div className="notice-text">{children}</div>
      {action}
    </div>
  );
}
