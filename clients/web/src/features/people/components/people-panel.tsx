/** Who is here: raised hands first, then everybody in order of arrival; a host's tools on top. */
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { raisedHands } from "../../../ui/hands";
import { useIsHost, useView } from "../../../ui/meeting";
import { HostTools } from "./host-tools";
import { PersonRow } from "./person-row";
import "./people.css";

export function PeoplePanel() {
  const { t } = useTranslation();
  const participants = useView((view) => view.participants);
  const isHost = useIsHost();
  const hands = raisedHands(participants);
  const rest = participants.filter((person) => person.handRaisedAt === null);
  return (
    <div className="people">
      <p className="people-count muted">{t("people.count", { count: participants.length })}</p>
      {isHost ? <HostTools /> : null}
      {hands.length === 0 ? null : <Group title={t("people.hands")} people={hands} isQueue />}
      {rest.length === 0 ? null : <Group title={t("people.inMeeting")} people={rest} />}
    </div>
  );
}

function Group({ title, people, isQueue = false }: { title: string; people: Participant[]; isQueue?: boolean }) {
  return (
    <section className="people-group">
      <h3>{title}</h3>
      <ul aria-label={title}>
        {people.map((person, index) => (
          <PersonRow key={person.participantId} person={person} place={isQueue ? index + 1 : null} />
        ))}
      </ul>
    </section>
  );
}
