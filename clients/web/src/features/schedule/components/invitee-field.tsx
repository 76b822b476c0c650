/** Who is invited: addresses, typed or pasted, one or many at a time. */
import { useState } from "react";
import { UserPlus, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { NewInvitee } from "../../../core/types";
import { Button, IconButton } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { parseInvitees } from "../draft";

interface InviteeFieldProps {
  invitees: NewInvitee[];
  onChange: (invitees: NewInvitee[]) => void;
}

export function InviteeField({ invitees, onChange }: InviteeFieldProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState<string[]>([]);

  const add = () => {
    const read = parseInvitees(typed);
    const known = new Set(invitees.map(({ email }) => email.toLowerCase()));
    onChange([...invitees, ...read.invitees.filter(({ email }) => !known.has(email.toLowerCase()))]);
    setWrong(read.wrong);
    setTyped(read.wrong.join(", "));
  };

  return (
    <div className="schedule-invitees">
      <div className="field-row schedule-invite">
        <Field
          label={t("schedule.invitees")}
          hint={t("schedule.inviteesHint")}
          type="text"
          inputMode="email"
          autoComplete="off"
          testId="schedule-invitee"
          value={typed}
          onChange={(value) => {
            setTyped(value);
            setWrong([]);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
          error={wrong.length === 0 ? null : t("schedule.inviteesWrong", { text: wrong.join(", ") })}
        />
        <Button onPress={add} isDisabled={typed.trim() === ""} data-testid="schedule-invite">
          <UserPlus size={18} aria-hidden="true" />
          {t("schedule.add")}
        </Button>
      </div>
      {invitees.length === 0 ? null : (
        <ul className="schedule-invited" aria-label={t("schedule.invitees")}>
          {invitees.map((invitee) => (
            <li key={invitee.email}>
              <span>{invitee.displayName === undefined ? invitee.email : `${invitee.displayName} · ${invitee.email}`}</span>
              <IconButton
                label={t("schedule.removeInvitee", { email: invitee.email })}
                icon={<X size={16} />}
                onPress={() => onChange(invitees.filter((each) => each !== invitee))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
