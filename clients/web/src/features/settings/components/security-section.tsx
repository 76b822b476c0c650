/** Password, log-ins, other providers, and signing out everywhere, for a lost device. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Confirm } from "../../../ui/dialog";
import { navigate } from "../../../ui/navigation";
import { Notice } from "../../../ui/notice";
import { IdentityList } from "./identity-list";
import { PasswordForm } from "./password-form";
import { Section } from "./section";
import { SessionList } from "./session-list";

export function SecuritySection({ user }: { user: User }) {
  const { t } = useTranslation();
  const { account } = useCore();
  const textOf = useProblemText();
  const [asking, setAsking] = useState(false);
  const leaving = useMutation({ mutationFn: () => account.logoutEverywhere(), onSuccess: () => navigate("/") });
  return (
    <Section title={t("settings.security")}>
      <PasswordForm user={user} />
      <SessionList />
      <IdentityList user={user} />
      {leaving.error === null ? null : <Notice kind="danger">{textOf(leaving.error)}</Notice>}
      <Button isPending={leaving.isPending} onPress={() => setAsking(true)} data-testid="logout-everywhere">
        {t("settings.logoutEverywhere")}
      </Button>
      <Confirm
        title={t("settings.logoutTitle")}
        text={t("settings.securityText")}
        action={t("settings.logoutEverywhere")}
        isOpen={asking}
        onConfirm={() => leaving.mutate()}
        onClose={() => setAsking(false)}
      />
    </Section>
  );
}
