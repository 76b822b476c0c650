/** For hosts: everybody in the lobby, and a message to all of them. */
import { useState } from "react";
import { Check, EllipsisVertical, SendHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { WaitingPerson } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Avatar } from "../../../ui/avatar";
import { Button, IconButton } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { useSession, useView } from "../../../ui/meeting";
import { Menu, MenuAction } from "../../../ui/menu";

export function WaitingList() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const waiting = useView((view) => view.lobby?.waiting ?? null);
  if (waiting === null || waiting.length === 0) return null;
  return (
    <section className="people-group waiting" data-testid="waiting-list">
      <header className="waiting-header">
        <h3>{t("floor.waiting", { count: waiting.length })}</h3>
        <Button kind="quiet" onPress={() => attempt(session.admitAll())} data-testid="admit-all">
          {t("floor.admitAll")}
        </Button>
      </header>
      <ul aria-label={t("floor.lobby")}>
        {waiting.map((person) => (
          <WaitingRow key={person.participantId} person={person} />
        ))}
      </ul>
      <MessageToLobby />
    </section>
  );
}

function WaitingRow({ person }: { person: WaitingPerson }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const name = person.displayName;
  const more = t("floor.moreFor", { name });
  return (
    <li className="person" data-testid={`waiting-${person.participantId}`}>
      <Avatar id={person.participantId} name={name} size={36} />
      <div className="person-text">
        <p className="person-name">{name}</p>
        {person.isGuest ? <p className="person-role">{t("people.guest")}</p> : null}
      </div>
      <div className="person-signs">
        <IconButton
          className="icon-button person-button"
          label={t("floor.admitName", { name })}
          icon={<Check size={18} />}
          onPress={() => attempt(session.admit(person.participantId))}
          data-testid={`admit-${person.participantId}`}
        />
        <Menu
          label={more}
          trigger={<IconButton className="icon-button person-button" label={more} icon={<EllipsisVertical size={18} />} />}
        >
          <MenuAction id="deny" name={t("floor.deny")} onAction={() => attempt(session.deny(person.participantId, false))} />
          <MenuAction
            id="ban"
            name={t("floor.denyForGood")}
            danger
            onAction={() => attempt(session.deny(person.participantId, true))}
          />
        </Menu>
      </div>
    </li>
  );
}

function MessageToLobby() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [text, setText] = useState("");
  const send = () => {
    if (text.trim() === "") return;
    attempt(session.sayToLobby(text.trim()));
    setText("");
  };
  return (
    <Form className="field-row field-row-end" onSubmit={send}>
      <Field label={t("floor.say")} value={text} onChange={setText} maxLength={500} autoComplete="off" testId="lobby-message" />
      <IconButton
        type="submit"
        label={t("floor.send")}
        icon={<SendHorizontal size={18} />}
        isDisabled={text.trim() === ""}
        data-testid="lobby-send"
      />
    </Form>
  );
}
