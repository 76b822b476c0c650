/** A new token: name, what it may, how long; then the token itself, this once. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { ScopeChoice } from "../../../ui/scope-choice";
import { Select } from "../../../ui/select";
import { Secret } from "../../../ui/secret";

const DAY_MS = 24 * 3600 * 1000;
const DAYS = ["30", "90", "365", "never"];

interface NewTokenDialogProps {
  grantable: string[];
  isOpen: boolean;
  onClose: () => void;
}

export function NewTokenDialog({ grantable, isOpen, onClose }: NewTokenDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("settings.newToken")} isOpen={isOpen} onClose={onClose}>
      <NewTokenForm grantable={grantable} />
    </Dialog>
  );
}

function NewTokenForm({ grantable }: { grantable: string[] }) {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState("90");
  const making = useMutation({
    mutationFn: () =>
      security.createToken({
        name: name.trim(),
        scopes,
        expiresAt: days === "never" ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      }),
  });
  if (making.data !== undefined) {
    return <Secret text={t("settings.tokenOnce")} value={making.data.token} />;
  }
  return (
    <Form className="settings-form" onSubmit={() => making.mutate()}>
      {making.error === null ? null : <Notice kind="danger">{textOf(making.error)}</Notice>}
      <Field label={t("settings.tokenName")} maxLength={64} testId="token-name" value={name} onChange={setName} />
      <ScopeChoice scopes={grantable} value={scopes} onChange={setScopes} />
      <Select
        label={t("settings.goodFor")}
        options={DAYS.map((id) => ({
          id,
          name: id === "never" ? t("settings.forEver") : t("settings.days", { count: Number(id) }),
        }))}
        value={days}
        onChange={setDays}
      />
      <Button
        kind="primary"
        wide
        type="submit"
        isDisabled={name.trim() === "" || scopes.length === 0}
        isPending={making.isPending}
        data-testid="make-token"
      >
        {t("settings.makeToken")}
      </Button>
    </Form>
  );
}
