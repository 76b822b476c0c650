/** The e-mail address: another one takes the password and a link in a letter. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { problemCode, useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { Section } from "./section";

export function EmailSection({ user }: { user: User }) {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const changing = useMutation({
    mutationFn: () => security.changeEmail({ email: email.trim(), password: user.hasPassword ? password : null }),
    onSuccess: () => setPassword(""),
  });
  const verifying = useMutation({ mutationFn: () => security.verifyEmail() });
  const error = changing.error ?? verifying.error;
  const isWrong = error !== null && problemCode(error) === "password_wrong";
  return (
    <Section title={t("settings.email")} text={t("settings.emailText", { email: user.email })}>
      {user.emailVerified ? null : (
        <Notice
          kind="warning"
          action={
            <Button onPress={() => verifying.mutate()} isPending={verifying.isPending}>
              {t("settings.verify")}
            </Button>
          }
        >
          {t("settings.unverified")}
        </Notice>
      )}
      {changing.isSuccess || verifying.isSuccess ? <Notice kind="info">{t("settings.letterSent")}</Notice> : null}
      {error === null || isWrong ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      <Form className="settings-form" onSubmit={() => changing.mutate()}>
        <Field label={t("settings.newEmail")} type="email" autoComplete="email" testId="new-email" value={email} onChange={setEmail} />
        {user.hasPassword ? (
          <Field
            label={t("settings.currentPassword")}
            type="password"
            autoComplete="current-password"
            testId="email-password"
            value={password}
            onChange={setPassword}
            error={isWrong ? textOf(error) : null}
          />
        ) : null}
        <Button type="submit" isDisabled={!email.includes("@")} isPending={changing.isPending}>
          {t("settings.changeEmail")}
        </Button>
      </Form>
    </Section>
  );
}
