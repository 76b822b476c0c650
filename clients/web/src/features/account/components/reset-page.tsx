/** Setting a password by the link in a letter. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { problemCode, useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { AppLink, navigate } from "../../../ui/navigation";
import { Shell, usePageTitle } from "../../shell";
import { useLinkToken } from "../hooks/use-link-token";
import { passwordError } from "../validate";
import { AuthCard } from "./auth-card";

export function ResetPage() {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const token = useLinkToken();
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const setting = useMutation({
    mutationFn: () => security.resetPassword({ token, password }),
    onSuccess: () => {
      navigate("/login?done=password", "replace");
    },
  });
  usePageTitle(t("account.resetTitle"));
  const submit = () => {
    const error = passwordError(password);
    setWrong(error);
    if (error === null) setting.mutate();
  };
  const isWeak = setting.error !== null && problemCode(setting.error) === "password_weak";
  const error = wrong !== null ? t(wrong) : isWeak ? textOf(setting.error) : null;
  return (
    <Shell centred>
      <AuthCard
        title={t("account.resetTitle")}
        text={t("account.resetText")}
        problem={setting.error === null || isWeak ? null : textOf(setting.error)}
        onSubmit={submit}
        footer={<AppLink href="/forgot-password">{t("account.anotherLink")}</AppLink>}
      >
        <Field
          label={t("account.newPassword")}
          hint={t("account.passwordHint")}
          type="password"
          autoComplete="new-password"
          testId="password"
          value={password}
          onChange={setPassword}
          error={error}
        />
        <Button kind="primary" size="large" wide type="submit" isPending={setting.isPending} data-testid="submit">
          {t("account.setPassword")}
        </Button>
      </AuthCard>
    </Shell>
  );
}
