/** The name that others see. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { AvatarField } from "./avatar-field";
import { Section } from "./section";

export function ProfileSection({ user }: { user: User }) {
  const { t } = useTranslation();
  const { account } = useCore();
  const textOf = useProblemText();
  const [name, setName] = useState(user.displayName);
  const saving = useMutation({ mutationFn: (displayName: string) => account.updateProfile({ displayName }) });
  const isEmpty = name.trim() === "";
  const isSaved = saving.isSuccess && name.trim() === user.displayName;
  const submit = () => {
    if (!isEmpty) saving.mutate(name.trim());
  };
  const error = isEmpty ? t("account.nameMissing") : saving.error === null ? null : textOf(saving.error);
  return (
    <Section title={t("settings.profile")} text={t("settings.profileText")}>
      <AvatarField user={user} />
      <Form className="settings-profile" onSubmit={submit}>
        <Field
          label={t("account.displayName")}
          hint={t("settings.signedInAs", { email: user.email })}
          autoComplete="name"
          maxLength={64}
          testId="display-name"
          value={name}
          onChange={setName}
          error={error}
        />
        <Button
          type="submit"
          kind="primary"
          isDisabled={isEmpty || name.trim() === user.displayName}
          isPending={saving.isPending}
          data-testid="submit"
        >
          {isSaved ? <Check size={18} aria-hidden="true" /> : null}
          {isSaved ? t("common.saved") : t("common.save")}
        </Button>
      </Form>
    </Section>
  );
}
