/** A new client: what for, for whom, what it may; then its id and secret, this once. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Role, User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { ScopeChoice } from "../../../ui/scope-choice";
import { useHolder } from "../hooks/use-holder";
import { ClientSecret } from "./client-secret";

interface NewClientProps {
  actor: User;
  grantable: { role: Role; scopes: string[] }[];
}

export function NewClientDialog({ onClose, ...props }: NewClientProps & { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("clients.create")} isOpen onClose={onClose}>
      <NewClientForm {...props} />
    </Dialog>
  );
}

function NewClientForm({ actor, grantable }: NewClientProps) {
  const { t } = useTranslation();
  const { administration } = useCore();
  const textOf = useProblemText();
  const [name, setName] = useState("");
  const [email, setEmail] = useState(actor.email);
  const [chosen, setChosen] = useState<string[]>([]);
  const { holder, isUnknown, error } = useHolder(actor, email);
  const offered = grantable.find(({ role }) => role === (holder ?? actor).role)?.scopes ?? [];
  const scopes = chosen.filter((scope) => offered.includes(scope));
  const making = useMutation({
    mutationFn: (userId: string) => administration.createClient({ name: name.trim(), scopes, userId }),
  });
  if (making.data !== undefined) return <ClientSecret client={making.data} />;
  const wrong = making.error ?? error;
  const hint = holder === null ? undefined : t("clients.holderFound", { name: holder.displayName, role: t(`admin.role.${holder.role}`) });
  return (
    <Form className="dialog-form" onSubmit={() => holder !== null && making.mutate(holder.userId)}>
      {wrong === null ? null : <Notice kind="danger">{textOf(wrong)}</Notice>}
      <Field label={t("clients.name")} autoComplete="off" maxLength={64} testId="client-name" value={name} onChange={setName} />
      <Field
        label={t("clients.holder")}
        type="email"
        autoComplete="off"
        hint={hint}
        error={isUnknown ? t("problem.user_not_found") : null}
        testId="client-holder"
        value={email}
        onChange={setEmail}
      />
      <ScopeChoice scopes={offered} value={scopes} onChange={setChosen} />
      <Button
        kind="primary"
        wide
        type="submit"
        isDisabled={name.trim() === "" || scopes.length === 0 || holder === null}
        isPending={making.isPending}
        data-testid="make-client"
      >
        {t("clients.register")}
      </Button>
    </Form>
  );
}
