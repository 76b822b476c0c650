/** Who belongs to a room. */
import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingRoom, RoomMember, RoomRole } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button, IconButton } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { Select } from "../../../ui/select";
import { Spinner } from "../../../ui/spinner";

export function RoomMembers({ room }: { room: MeetingRoom }) {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const [email, setEmail] = useState("");
  const queryKey = ["room-members", room.roomId];
  const again = () => queries.invalidateQueries({ queryKey });
  const listed = useQuery({ queryKey, queryFn: () => core.rooms.members(room.roomId) });
  const adding = useMutation({
    mutationFn: () => core.rooms.addMember(room.roomId, email.trim()),
    onSuccess: () => {
      setEmail("");
      return again();
    },
  });
  const changing = useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: RoomRole | null }): Promise<unknown> =>
      role === null ? core.rooms.removeMember(room.roomId, userId) : core.rooms.changeMember(room.roomId, userId, role),
    onSettled: again,
  });
  const submit = () => {
    if (email.trim() !== "") adding.mutate();
  };
  const isOwner = room.role === "owner";
  const error = listed.error ?? changing.error;
  return (
    <div className="rooms-form">
      <p className="muted">{t("rooms.membersText")}</p>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      {listed.isPending ? <Spinner size={20} /> : null}
      <ul className="rooms-members">
        {(listed.data ?? []).map((member) => (
          <Member
            key={member.userId}
            member={member}
            isOwner={isOwner}
            onChange={(role) => changing.mutate({ userId: member.userId, role })}
          />
        ))}
      </ul>
      {isOwner ? (
        <Form className="field-row" onSubmit={submit}>
          <Field
            label={t("rooms.memberEmail")}
            type="email"
            autoComplete="off"
            testId="member-email"
            value={email}
            onChange={setEmail}
            error={adding.error === null ? null : textOf(adding.error)}
          />
          <Button type="submit" isDisabled={email.trim() === ""} isPending={adding.isPending}>
            {t("schedule.add")}
          </Button>
        </Form>
      ) : null}
    </div>
  );
}

interface MemberProps {
  member: RoomMember;
  isOwner: boolean;
  onChange: (role: RoomRole | null) => void;
}

function Member({ member, isOwner, onChange }: MemberProps) {
  const { t } = useTranslation();
  return (
    <li>
      <span className="rooms-member-name">{member.displayName}</span>
      {isOwner ? (
        <>
          <Select
            label={t("rooms.roleOf", { name: member.displayName })}
            labelHidden
            options={(["owner", "member"] as const).map((id) => ({ id, name: t(`rooms.role.${id}`) }))}
            value={member.role}
            onChange={(id) => onChange(id as RoomRole)}
          />
          <IconButton
            label={t("rooms.removeMember", { name: member.displayName })}
            icon={<Trash2 size={18} />}
            onPress={() => onChange(null)}
          />
        </>
      ) : (
        <span className="muted">{t(`rooms.role.${member.role}`)}</span>
      )}
    </li>
  );
}
