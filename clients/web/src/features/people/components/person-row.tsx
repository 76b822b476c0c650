/** One person of the list, and what a host can do about them. */
import { EllipsisVertical, Hand, MessageSquare, Mic, MicOff, MonitorUp, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Avatar } from "../../../ui/avatar";
import { IconButton } from "../../../ui/button";
import { handPlace } from "../../../ui/hands";
import { useIsHost, useSession, useView } from "../../../ui/meeting";
import { usePrivateChat } from "../../chat";
import { PersonMenu } from "../../floor";

export function PersonRow({ person }: { person: Participant }) {
  const { t } = useTranslation();
  const isHost = useIsHost();
  const place = useView((view) => handPlace(view.participants, person.participantId));
  const menu = t("floor.menuFor", { name: person.displayName });
  const name = person.isSelf ? t("people.you", { name: person.displayName }) : person.displayName;
  return (
    <li className="person" data-testid={`person-${person.participantId}`}>
      <Avatar id={person.participantId} name={person.displayName} size={36} picture={person.avatarUrl} />
      <div className="person-text">
        <p className="person-name">{name}</p>
        <Role person={person} />
      </div>
      <div className="person-signs">
        {place === null ? null : (
          <span className="person-hand" role="img" aria-label={t("people.handPlace", { place })}>
            <Hand size={14} aria-hidden="true" />
            {place}
          </span>
        )}
        {person.screen ? <MonitorUp size={18} className="person-sharing" aria-label={t("people.sharing")} /> : null}
        {person.camera ? (
          <Video size={18} aria-label={t("people.cameraOn")} />
        ) : (
          <VideoOff size={18} className="person-off" aria-label={t("people.cameraOff")} />
        )}
        <Microphone person={person} mayMute={isHost && !person.isSelf} />
        {isHost ? (
          <PersonMenu
            person={person}
            label={menu}
            trigger={
              <IconButton
                className="icon-button person-button"
                label={menu}
                icon={<EllipsisVertical size={18} />}
                data-testid={`person-menu-${person.participantId}`}
              />
            }
          />
        ) : (
          <WriteButton person={person} />
        )}
      </div>
    </li>
  );
}

/** Hosts have it in the menu. */
function WriteButton({ person }: { person: Participant }) {
  const { t } = useTranslation();
  const write = usePrivateChat(person);
  if (write === null) return null;
  return (
    <IconButton
      className="icon-button person-button"
      label={t("people.writeTo", { name: person.displayName })}
      icon={<MessageSquare size={18} />}
      onPress={write}
      data-testid={`write-${person.participantId}`}
    />
  );
}

function Role({ person }: { person: Participant }) {
  const { t } = useTranslation();
  if (person.presence === "reconnecting") return <p className="person-role">{t("people.reconnecting")}</p>;
  if (person.role !== "attendee") return <p className="person-role">{t(`floor.roles.${person.role}`)}</p>;
  return person.isGuest ? <p className="person-role">{t("people.guest")}</p> : null;
}

function Microphone({ person, mayMute }: { person: Participant; mayMute: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  if (!person.microphone) return <MicOff size={18} className="person-off person-mic" aria-label={t("people.muted")} />;
  if (!mayMute) return <Mic size={18} className="person-mic" aria-label={t("people.microphoneOn")} />;
  return (
    <IconButton
      className="icon-button person-button"
      label={t("people.muteName", { name: person.displayName })}
      icon={<Mic size={18} />}
      onPress={() => attempt(session.muteParticipant(person.participantId, "microphone"))}
      data-testid={`mute-${person.participantId}`}
    />
  );
}
