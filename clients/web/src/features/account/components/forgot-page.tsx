/** Asking for a link to a new password. What is said afterwards is the same with and without an account. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonLink } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { AppLink } from "../../../ui/navigation";
import { Message, Shell, usePageTitle } from "../../shell";
import { emailError } from "../validate";
import { AuthCard } from "./auth-card";

export function ForgotPage() {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const [email, setEmail] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const asking = useMutation({ mutationFn: () => security.forgotPassword(email.trim()) });
  usePageTitle(t("account.forgot"));
  const submit = () => {
    const error = emailError(email);
    setWrong(error);
    if (error === null) asking.mutate();
  };
  if (asking.isSuccess) {
    return (
      <Shell centred>
        <Message title={t("account.sentTitle")} text={t("account.sentText", { email })} icon={<MailCheck size={32} />}>
          <ButtonLink href="/login">{t("account.signIn")}</ButtonLink>
        </Message>
      </Shell>
    );
  }
  return (
    <Shell centred>
      <AuthCard
        title={t("account.forgot")}
        text={t("account.forgotText")}
        problem={asking.error === null ? null : textOf(asking.error)}
        onSubmit={submit}
        footer={<AppLink href="/login">{t("account.signIn")}</AppLink>}
      >
        <Field
          label={t("account.email")}
          type="email"
          autoComplete="username"
          testId="email"
          value={email}
          onChange={setEmail}
          error={wrong === null ? null : t(wrong)}
        />
        <Button kind="primary" size="large" wide type="submit" isPending={asking.isPending} data-testid="submit">
          {t("account.sendLink")}
        </Button>
      </AuthCard>
    </Shell>
  );
}
