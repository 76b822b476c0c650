/** Who waits, whose hand is up, and everybody in order of arrival; a host's tools on top. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { Button } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { raisedHands } from "../../../ui/hands";
import { useIsHost, useView } from "../../../ui/meeting";
import { HostTools, WaitingList } from "../../floor";
import { useNextHand } from "../hooks/use-next-hand";
import { PersonRow } from "./person-row";
import "./people.css";

/** Fewer are found with the eye. */
const SEARCH_FROM = 8;

export function PeoplePanel() {
  const { t } = useTranslation();
  const participants = useView((view) => view.participants);
  const isHost = useIsHost();
  const [wanted, setWanted] = useState("");
  const found = participants.filter(({ displayName }) => contains(displayName, wanted));
  const hands = raisedHands(participants).filter((person) => found.includes(person));
  const rest = found.filter((person) => person.handRaisedAt === null);
  return (
    <div className="people">
      {isHost ? <WaitingList /> : null}
      {isHost ? <HostTools /> : null}
      <p className="people-count muted">{t("people.count", { count: participants.length })}</p>
      {participants.length < SEARCH_FROM && wanted === "" ? null : (
        <Field label={t("floor.search")} value={wanted} onChange={setWanted} type="search" testId="search-people" />
      )}
      {found.length === 0 ? <p className="muted">{t("floor.noneFound")}</p> : null}
      {hands.length === 0 ? null : <Queue people={hands} />}
      {rest.length === 0 ? null : (
        <section className="people-group">
          <h3>{t("people.inMeeting")}</h3>
          <ul aria-label={t("people.inMeeting")}>
            {rest.map((person) => (
              <PersonRow key={person.participantId} person={person} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** In the order in which the hands went up. */
function Queue({ people }: { people: Participant[] }) {
  const { t } = useTranslation();
  const isHost = useIsHost();
  const next = useNextHand();
  return (
    <section className="people-group">
      <header className="queue-header">
        <h3>{t("people.hands")}</h3>
        {isHost && next !== null ? (
          <Button kind="quiet" onPress={next} data-testid="next-hand">
            {t("floor.nextHand")}
          </Button>
        ) : null}
      </header>
      <ul aria-label={t("people.hands")}>
        {people.map((person) => (
          <PersonRow key={person.participantId} person={person} />
        ))}
      </ul>
    </section>
  );
}

function contains(name: string, wanted: string): boolean {
  return name.toLocaleLowerCase().includes(wanted.trim().toLocaleLowerCase());
}
