/** Create an account. */
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { AppLink } from "../../../ui/navigation";
import { Shell, useLocale, usePageTitle } from "../../shell";
import { useAccountForm } from "../hooks/use-account-form";
import { validateRegister } from "../validate";
import { AuthCard } from "./auth-card";

export function RegisterPage() {
  const { t } = useTranslation();
  const core = useCore();
  const { locale } = useLocale();
  usePageTitle(t("account.register"));
  const form = useAccountForm(validateRegister, (values) =>
    core.account.register({ ...values, displayName: values.displayName.trim(), locale }),
  );
  const footer = (
    <>
      {t("account.haveAccount")} <AppLink href={`/login${window.location.search}`}>{t("account.signIn")}</AppLink>
    </>
  );
  return (
    <Shell centred>
      <AuthCard
        title={t("account.registerTitle")}
        text={t("account.registerText")}
        problem={form.problem}
        onSubmit={form.submit}
        footer={footer}
      >
        <Field
          label={t("account.displayName")}
          hint={t("account.displayNameHint")}
          autoComplete="name"
          maxLength={64}
          testId="display-name"
          value={form.values.displayName}
          onChange={form.set("displayName")}
          error={form.errorOf("displayName")}
        />
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
          hint={t("account.passwordHint")}
          type="password"
          autoComplete="new-password"
          testId="password"
          value={form.values.password}
          onChange={form.set("password")}
          error={form.errorOf("password")}
        />
        <Button kind="primary" size="large" wide type="submit" isPending={form.isPending} data-testid="submit">
          {t("account.register")}
        </Button>
      </AuthCard>
    </Shell>
  );
}
