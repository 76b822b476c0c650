/** Everything about a meeting on a day to come. */
import { useTranslation } from "react-i18next";

import type { MeetingRoom, Scope } from "../../../core/types";
import { Button, ButtonLink } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { Select } from "../../../ui/select";
import { Switch } from "../../../ui/switch";
import { TextBox } from "../../../ui/text-box";
import type { Draft } from "../draft";
import { InviteeField } from "./invitee-field";
import { OptionsFields } from "./options-fields";
import { RecurrenceFields } from "./recurrence-fields";
import { TimeFields } from "./time-fields";

export interface ScheduleFormProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
  rooms: MeetingRoom[];
  /** Of a series that is changed: how much of it. Null: a new meeting, or one that comes once. */
  scope: Scope | null;
  onScope: (scope: Scope) => void;
  isNew: boolean;
  hasPassword: boolean;
  problem: string | null;
  timeProblem: string | null;
  isPending: boolean;
  back: string;
  onSubmit: () => void;
}

export function ScheduleForm(props: ScheduleFormProps) {
  const { t } = useTranslation();
  const { draft, onChange, scope } = props;
  return (
    <Form className="schedule-form" onSubmit={props.onSubmit}>
      {props.problem === null ? null : <Notice kind="danger">{props.problem}</Notice>}
      {scope === null ? null : (
        <Select
          label={t("schedule.scopeLabel")}
          options={(["this", "following", "all"] as const).map((id) => ({ id, name: t(`schedule.scope.${id}`) }))}
          value={scope}
          onChange={(id) => props.onScope(id as Scope)}
        />
      )}
      <Field
        label={t("schedule.title")}
        placeholder={t("home.optionTitlePlaceholder")}
        maxLength={200}
        testId="schedule-title"
        value={draft.title}
        onChange={(title) => onChange({ title })}
      />
      <TimeFields draft={draft} onChange={onChange} error={props.timeProblem} />
      {props.isNew || (scope !== null && scope !== "this") ? (
        <RecurrenceFields
          recurrence={draft.recurrence}
          date={draft.date}
          isSeries={!props.isNew}
          onChange={(part) => onChange({ recurrence: { ...draft.recurrence, ...part } })}
        />
      ) : null}
      {props.isNew ? <InviteeField invitees={draft.invitees} onChange={(invitees) => onChange({ invitees })} /> : null}
      <TextBox
        label={t("schedule.description")}
        maxLength={5000}
        value={draft.description}
        onChange={(description) => onChange({ description })}
      />
      <Entry {...props} />
      <div className="schedule-actions">
        <ButtonLink href={props.back}>{t("common.cancel")}</ButtonLink>
        <Button kind="primary" type="submit" isPending={props.isPending} data-testid="schedule-submit">
          {props.isNew ? t("schedule.create") : t("common.save")}
        </Button>
      </div>
    </Form>
  );
}

/** Who comes in and how; folded away, since the room's defaults mostly do. */
function Entry({ draft, onChange, rooms, isNew, hasPassword }: ScheduleFormProps) {
  const { t } = useTranslation();
  const room = rooms.find(({ roomId }) => roomId === draft.roomId) ?? rooms[0];
  if (room === undefined) return null;
  return (
    <details className="schedule-more">
      <summary>{t("schedule.more")}</summary>
      <div className="schedule-more-body">
        {isNew && rooms.length > 1 ? (
          <Select
            label={t("schedule.room")}
            options={rooms.map(({ roomId, displayName }) => ({ id: roomId, name: displayName }))}
            value={room.roomId}
            onChange={(roomId) => onChange({ roomId })}
          />
        ) : null}
        <Field
          label={t("home.optionPassword")}
          hint={isNew && room.hasPassword ? t("schedule.passwordOfRoom") : hasPassword ? t("schedule.passwordKept") : undefined}
          type="password"
          autoComplete="off"
          maxLength={64}
          value={draft.password ?? ""}
          onChange={(password) => onChange({ password })}
        />
        <Switch
          label={t("home.optionGuests")}
          isSelected={draft.guestsAllowed ?? room.guestsAllowed}
          onChange={(guestsAllowed) => onChange({ guestsAllowed })}
        />
        <OptionsFields
          options={{ ...room.options, ...draft.options }}
          onChange={(part) => onChange({ options: { ...draft.options, ...part } })}
        />
      </div>
    </details>
  );
}
