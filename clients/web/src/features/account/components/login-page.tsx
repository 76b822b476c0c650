/** Sign in. */
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useProblemText } from "../../../i18n/problem";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { AppLink } from "../../../ui/navigation";
import { Notice } from "../../../ui/notice";
import { Shell, usePageTitle } from "../../shell";
import { useAccountForm } from "../hooks/use-account-form";
import { validateLogin } from "../validate";
import { AuthCard } from "./auth-card";
import { Providers } from "./providers";

export function LoginPage() {
  const { t } = useTranslation();
  const core = useCore();
  usePageTitle(t("account.signIn"));
  const form = useAccountForm(validateLogin, ({ email, password }) => core.account.login({ email, password }));
  const told = useToldProblem();
  const done = new URLSearchParams(window.location.search).get("done") === "password";
  const footer = (
    <>
      {t("account.newHere")} <AppLink href={`/register${window.location.search}`}>{t("account.register")}</AppLink>
    </>
  );
  return (
    <Shell centred>
      <AuthCard
        title={t("account.loginTitle")}
        text={t("account.loginText")}
        problem={form.problem ?? told}
        onSubmit={form.submit}
        footer={footer}
      >
        {done ? <Notice kind="info">{t("account.passwordSet")}</Notice> : null}
        <Field
          label={t("account.email")}
          type="email"
          autoComplete="username"
          testId="email"
          value={form.values.email}
          onChange={form.set("email")}
          error={form.errorOf("email")}
        />
        <Field
          label={t("account.password")}
          type="password"
          autoComplete="current-password"
          testId="password"
          value={form.values.password}
          onChange={form.set("password")}
          error={form.errorOf("password")}
        />
        <Button kind="primary" size="large" wide type="submit" isPending={form.isPending} data-testid="submit">
          {t("account.signIn")}
        </Button>
        <AppLink href="/forgot-password" className="auth-card-forgot">
          {t("account.forgot")}
        </AppLink>
        <Providers />
      </AuthCard>
    </Shell>
  );
}

/** Why a log-in at a provider came back without success: its code is in the address. */
function useToldProblem(): string | null {
  const textOf = useProblemText();
  const code = new URLSearchParams(window.location.search).get("error");
  return code === null ? null : textOf({ code, retryAfterS: null, traceId: null });
}
