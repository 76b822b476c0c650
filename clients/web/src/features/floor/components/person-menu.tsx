/** Everything that can be done about one person: behind a button of the list, or of the tile. */
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Confirm } from "../../../ui/dialog";
import { useSession } from "../../../ui/meeting";
import { Menu, MenuAction, MenuChoice, MenuSeparator } from "../../../ui/menu";
import { usePersonActions } from "../hooks/use-person-actions";
import type { PersonDialog } from "../hooks/use-person-actions";
import { RenameDialog } from "./rename-dialog";

interface PersonMenuProps {
  person: Participant;
  trigger: ReactElement;
  label: string;
  /** What else the menu offers, before the rest. */
  children?: ReactNode;
}

export function PersonMenu({ person, trigger, label, children }: PersonMenuProps) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [dialog, setDialog] = useState<PersonDialog | null>(null);
  const { actions, roles } = usePersonActions(person, setDialog);
  const close = () => setDialog(null);
  return (
    <>
      <Menu trigger={trigger} label={label}>
        {children}
        {children !== undefined && actions.length > 0 ? <MenuSeparator /> : null}
        {actions.map(({ id, name, icon, danger, run }) => (
          <MenuAction key={id} id={id} icon={icon} name={name} danger={danger} onAction={run} testId={`${id}-${person.participantId}`} />
        ))}
        {roles.length === 0 ? null : (
          <MenuChoice
            heading={t("floor.role")}
            options={roles.map((id) => ({ id, name: t(`floor.roles.${id}`) }))}
            value={person.role}
            onChange={(id) => {
              if (id === "host") setDialog("hand_over");
              else attempt(session.setRole(person.participantId, id as Participant["role"]));
            }}
          />
        )}
      </Menu>
      {dialog === "rename" ? <RenameDialog person={person} onClose={close} /> : null}
      <Confirm
        title={t("people.removeTitle", { name: person.displayName })}
        text={t("people.removeText")}
        action={t("people.remove")}
        isOpen={dialog === "remove"}
        onConfirm={() => attempt(session.removeParticipant(person.participantId))}
        onClose={close}
      />
      <Confirm
        title={t("floor.handOverTitle", { name: person.displayName })}
        text={t("floor.handOverText")}
        action={t("floor.handOver")}
        isOpen={dialog === "hand_over"}
        onConfirm={() => attempt(session.setRole(person.participantId, "host"))}
        onClose={close}
      />
    </>
  );
}
