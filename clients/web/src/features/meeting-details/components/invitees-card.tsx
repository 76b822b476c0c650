/** Who is invited and what they answered, for the host. */
import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Invitee, MeetingSummary, NewInvitee } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button, IconButton } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { InviteeField } from "../../schedule";

export function InviteesCard({ meeting, isOpen }: { meeting: MeetingSummary; isOpen: boolean }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const queryKey = ["invitees", meeting.meetingId];
  const listed = useQuery({ queryKey, queryFn: () => core.schedule.invitees(meeting.meetingId) });
  const [adding, setAdding] = useState<NewInvitee[]>([]);
  const inviting = useMutation({
    mutationFn: () => core.schedule.invite(meeting.meetingId, adding),
    onSuccess: (all) => {
      setAdding([]);
      queries.setQueryData(queryKey, all);
    },
  });
  const removing = useMutation({
    mutationFn: (inviteeId: string) => core.schedule.uninvite(meeting.meetingId, inviteeId),
    onSettled: () => queries.invalidateQueries({ queryKey }),
  });
  const people = listed.data ?? [];
  const error = listed.error ?? inviting.error ?? removing.error;
  return (
    <section className="card" aria-busy={listed.isFetching}>
      <h2>{t("schedule.inviteesTitle")}</h2>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      {people.length === 0 ? <p className="muted">{t("schedule.nobodyInvited")}</p> : <Summary people={people} />}
      <ul className="details-people">
        {people.map((person) => (
          <li key={person.inviteeId}>
            <div className="details-person">
              <span>{person.displayName || person.email}</span>
              {person.displayName === "" ? null : <span className="muted">{person.email}</span>}
            </div>
            <span className={`details-answer details-answer-${person.answer}`}>{t(`schedule.answer.${person.answer}`)}</span>
            {isOpen ? (
              <IconButton
                label={t("schedule.removeInvitee", { email: person.email })}
                icon={<Trash2 size={18} />}
                onPress={() => removing.mutate(person.inviteeId)}
              />
            ) : null}
          </li>
        ))}
      </ul>
      {isOpen ? <InviteeField invitees={adding} onChange={setAdding} /> : null}
      {adding.length === 0 ? null : (
        <Button kind="primary" isPending={inviting.isPending} onPress={() => inviting.mutate()} data-testid="send-invitations">
          {t("schedule.sendInvitations", { count: adding.length })}
        </Button>
      )}
    </section>
  );
}

function Summary({ people }: { people: Invitee[] }) {
  const { t } = useTranslation();
  const count = (answer: Invitee["answer"]) => people.filter((person) => person.answer === answer).length;
  return (
    <p className="muted">
      {t("schedule.answers", {
        accepted: count("accepted"),
        tentative: count("tentative"),
        declined: count("declined"),
        open: count("needs_action"),
      })}
    </p>
  );
}
