/** Who is joining what. */
import { useTranslation } from "react-i18next";

import type { MeetingPreview } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonLink } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { formatNumber } from "../../../ui/meeting-number";
import { useMeetingTitle } from "../../../ui/use-meeting-title";
import { useWhen } from "../../../ui/when";
import type { useJoin } from "../hooks/use-join";

type Joining = ReturnType<typeof useJoin>;

/** Refusals that belong to one field. */
const PASSWORD_CODES = new Set(["meeting_password_required", "meeting_password_wrong"]);

export function JoinCard({ joining }: { joining: Joining }) {
  const { t } = useTranslation();
  const titleOf = useMeetingTitle();
  const meeting = joining.preview.data;
  return (
    <section className="join-card">
      <h1>{meeting === undefined ? t("prejoin.title") : titleOf(meeting)}</h1>
      {meeting === undefined ? null : (
        <p className="join-card-facts muted">
          <span>{t("prejoin.hostedBy", { name: meeting.hostName })}</span>
          <span className="numeric">{t("prejoin.number", { number: formatNumber(meeting.meetingNo) })}</span>
        </p>
      )}
      {meeting === undefined ? null : <Waiting meeting={meeting} />}
      {joining.signInNeeded ? <SignInNeeded /> : <JoinFields joining={joining} />}
    </section>
  );
}

/** Hosts may come at any time, so this says what others wait for and forbids nothing. */
function Waiting({ meeting }: { meeting: MeetingPreview }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { entry, startsAt, opensAt } = meeting;
  if (entry === "before_time" && startsAt !== null && opensAt !== null) {
    return <Notice kind="info">{t("prejoin.beforeTime", { start: when.moment(startsAt), opens: when.moment(opensAt) })}</Notice>;
  }
  return entry === "host_absent" ? <Notice kind="info">{t("prejoin.hostAbsent")}</Notice> : null;
}

function SignInNeeded() {
  const { t } = useTranslation();
  return (
    <>
      <Notice kind="info">{t("prejoin.noGuests")}</Notice>
      <ButtonLink kind="primary" size="large" wide href={`/login?next=${encodeURIComponent(window.location.pathname)}`}>
        {t("prejoin.signIn")}
      </ButtonLink>
    </>
  );
}

function JoinFields({ joining }: { joining: Joining }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const code = joining.errorCode;
  const passwordWrong = code !== null && PASSWORD_CODES.has(code);
  const nameWrong = code === "display_name_required";
  const submit = () => {
    if (joining.name.trim() !== "") joining.join();
  };
  return (
    <Form className="join-card-form" onSubmit={submit}>
      {code !== null && !passwordWrong && !nameWrong ? <Notice kind="danger">{textOf(joining.error)}</Notice> : null}
      <Field
        label={t("prejoin.name")}
        placeholder={t("prejoin.namePlaceholder")}
        autoComplete="name"
        maxLength={64}
        testId="display-name"
        value={joining.name}
        onChange={joining.setName}
        error={nameWrong ? textOf(joining.error) : null}
      />
      {joining.passwordNeeded ? (
        <Field
          label={t("prejoin.password")}
          type="password"
          autoComplete="off"
          maxLength={64}
          testId="meeting-password"
          value={joining.password}
          onChange={joining.setPassword}
          error={passwordWrong ? textOf(joining.error) : null}
        />
      ) : null}
      <Button
        kind="primary"
        size="large"
        wide
        type="submit"
        isDisabled={joining.name.trim() === ""}
        isPending={joining.isPending}
        data-testid="join-button"
      >
        {joining.isPending ? t("prejoin.joining") : t("prejoin.join")}
      </Button>
    </Form>
  );
}
