/** An account for somebody, who gets a letter to choose a password. */
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Role, User } from "../../../core/types";
import { problemCode, useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { useLocale } from "../../shell";
import { RoleSelect } from "./role-select";

interface NewUserDialogProps {
  actor: User;
  isOpen: boolean;
  onClose: () => void;
}

export function NewUserDialog({ actor, isOpen, onClose }: NewUserDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("admin.newUser")} isOpen={isOpen} onClose={onClose}>
      <NewUserForm actor={actor} onDone={onClose} />
    </Dialog>
  );
}

function NewUserForm({ actor, onDone }: { actor: User; onDone: () => void }) {
  const { t } = useTranslation();
  const { administration } = useCore();
  const { locale } = useLocale();
  const textOf = useProblemText();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [role, setRole] = useState<Role>("user");
  const making = useMutation({
    mutationFn: () => administration.createUser({ email: email.trim(), displayName: displayName.trim(), role, locale }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["admin-users"] });
      onDone();
    },
  });
  const isTaken = making.error !== null && problemCode(making.error) === "email_taken";
  return (
    <Form className="admin-form" onSubmit={() => making.mutate()}>
      <p className="muted">{t("admin.newUserText")}</p>
      {making.error === null || isTaken ? null : <Notice kind="danger">{textOf(making.error)}</Notice>}
      <Field
        label={t("account.email")}
        type="email"
        autoComplete="off"
        testId="new-user-email"
        value={email}
        onChange={setEmail}
        error={isTaken ? textOf(making.error) : null}
      />
      <Field
        label={t("admin.name")}
        autoComplete="off"
        maxLength={64}
        testId="new-user-name"
        value={displayName}
        onChange={setDisplayName}
      />
      <RoleSelect actor={actor} value={role} onChange={setRole} />
      <Button
        kind="primary"
        wide
        type="submit"
        isDisabled={!email.includes("@") || displayName.trim() === ""}
        isPending={making.isPending}
        data-testid="make-user"
      >
        {t("admin.make")}
      </Button>
    </Form>
  );
}
