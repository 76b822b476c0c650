/** Toasts and floating reactions, seen and, throttled, heard. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useView } from "../../../ui/meeting";
import { Spinner } from "../../../ui/spinner";
import { useNotices } from "../hooks/use-notices";
import type { Panel } from "../hooks/use-panels";
import "./notices.css";

/** A screen reader is given at most one announcement in this time. */
const ANNOUNCE_MS = 1500;

interface NoticesProps {
  /** What is seen in a panel is not said again. */
  open: Panel | null;
  /** Opens the polls: their toast is pressed. */
  onPoll: () => void;
}

export function Notices({ open, onPoll }: NoticesProps) {
  const { t } = useTranslation();
  const { toasts, reactions } = useNotices(open);
  const phase = useView((view) => view.phase);
  const media = useView((view) => view.media);
  const isReconnecting = phase === "reconnecting" || (phase === "live" && media === "failed");
  const spoken = [
    ...toasts,
    ...reactions.map(({ id, name, emoji }) => ({ id, text: t("room.notice.reaction", { name, emoji }) })),
  ];
  return (
    <>
      <p className="visually-hidden" aria-live="polite">
        {isReconnecting ? t("room.reconnecting") : ""}
      </p>
      <Announcer items={spoken} />
      <div className="toasts" aria-hidden="true">
        {isReconnecting ? (
          <p className="toast" data-testid="reconnecting">
            <Spinner />
            {t("room.reconnecting")}
          </p>
        ) : null}
        {toasts.map((toast) => (
          <p key={toast.id} className={`toast toast-${toast.kind}`} data-testid="toast">
            {toast.kind === "poll" ? (
              // Whoever uses the keyboard finds the polls behind "more": a toast goes by itself.
              <button type="button" className="link-button" tabIndex={-1} onClick={onPoll}>
                {toast.text}
              </button>
            ) : (
              <span>{toast.text}</span>
            )}
          </p>
        ))}
      </div>
      <div className="reactions-lane" aria-hidden="true">
        {reactions.map((reaction) => (
          <p key={reaction.id} className="reaction" style={{ insetInlineStart: `${Math.round(reaction.lane * 70)}%` }}>
            <span className="reaction-emoji">{reaction.emoji}</span>
            <span className="reaction-name">{reaction.name}</span>
          </p>
        ))}
      </div>
    </>
  );
}

/** Says what is new, and when much happens at once, says it together. */
function Announcer({ items }: { items: { id: number; text: string }[] }) {
  const [text, setText] = useState("");
  const said = useRef(0);
  const waiting = useRef<string[]>([]);
  useEffect(() => {
    let newest = said.current;
    for (const item of items) {
      if (item.id <= said.current) continue;
      waiting.current.push(item.text);
      newest = Math.max(newest, item.id);
    }
    said.current = newest;
  }, [items]);
  useEffect(() => {
    const timer = setInterval(() => {
      const news = [...new Set(waiting.current.splice(0))].join(" · ");
      if (news !== "") setText(news);
    }, ANNOUNCE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
