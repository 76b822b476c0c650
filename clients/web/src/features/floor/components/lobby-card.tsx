/** The card of the door while one waits: the place in the queue, and what hosts say. */
import { Hourglass } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { LobbyPlace } from "../../../core/types";
import { Button } from "../../../ui/button";
import { useSession, useView } from "../../../ui/meeting";
import { useMeetingTitle } from "../../../ui/use-meeting-title";
import { useFocusOnMount } from "../../../ui/use-focus-on-mount";

export function LobbyCard() {
  const { t } = useTranslation();
  const session = useSession();
  const titleOf = useMeetingTitle();
  const meeting = useView((view) => view.meeting);
  const place = useView((view) => view.place);
  const heading = useFocusOnMount();
  if (meeting === null || place === null) return null;
  return (
    <section className="join-card lobby-card" data-testid="lobby">
      <Hourglass size={28} className="lobby-icon" aria-hidden="true" />
      <h1 ref={heading} tabIndex={-1}>
        {t("floor.asking")}
      </h1>
      <p className="muted">{titleOf(meeting)}</p>
      <Place place={place} hostName={meeting.hostName} />
      {place.messages.length === 0 ? null : <Messages messages={place.messages} />}
      <Button wide size="large" onPress={() => void session.leave()} data-testid="leave-lobby">
        {t("floor.stopWaiting")}
      </Button>
    </section>
  );
}

function Place({ place, hostName }: { place: LobbyPlace; hostName: string }) {
  const { t } = useTranslation();
  return (
    <div role="status" className="lobby-place">
      <p>{place.hostPresent ? t("floor.hostWillSee") : t("floor.hostNotHere", { name: hostName })}</p>
      <p className="lobby-position numeric" data-testid="lobby-position">
        {place.position === 1 ? t("floor.next") : t("floor.before", { count: place.position - 1 })}
      </p>
    </div>
  );
}

function Messages({ messages }: Pick<LobbyPlace, "messages">) {
  const { t } = useTranslation();
  return (
    <ul className="lobby-messages" aria-label={t("floor.messages")} aria-live="polite">
      {messages.map((message) => (
        <li key={message.seq}>
          <p className="lobby-message-name">{message.displayName}</p>
          <p className="lobby-message-text">{message.body}</p>
        </li>
      ))}
    </ul>
  );
}
