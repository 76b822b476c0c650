/** Another password, or a first one for who came through another provider. */
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

export function PasswordForm({ user }: { user: User }) {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const changing = useMutation({
    mutationFn: () => security.changePassword({ current: user.hasPassword ? current : null, password }),
    onSuccess: () => {
      setCurrent("");
      setPassword("");
    },
  });
  const code = changing.error === null ? null : problemCode(changing.error);
  const errorOf = (of: string) => (code === of ? textOf(changing.error) : null);
  return (
    <Form className="settings-form" onSubmit={() => changing.mutate()}>
      <h3>{t("settings.password")}</h3>
      {changing.isSuccess ? <Notice kind="info">{t("settings.passwordChanged")}</Notice> : null}
      {code === null || code === "password_wrong" || code === "password_weak" ? null : (
        <Notice kind="danger">{textOf(changing.error)}</Notice>
      )}
      {user.hasPassword ? (
        <Field
          label={t("settings.currentPassword")}
          type="password"
          autoComplete="current-password"
          testId="current-password"
          value={current}
          onChange={setCurrent}
          error={errorOf("password_wrong")}
        />
      ) : null}
      <Field
        label={t("account.newPassword")}
        hint={t("account.passwordHint")}
        type="password"
        autoComplete="new-password"
        testId="new-password"
        value={password}
        onChange={setPassword}
        error={errorOf("password_weak")}
      />
      <Button type="submit" isDisabled={password === ""} isPending={changing.isPending} data-testid="change-password">
        {t("settings.changePassword")}
      </Button>
    </Form>
  );
}
