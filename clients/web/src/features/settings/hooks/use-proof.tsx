/** Asking for the password once more before something that can't be undone. */
import { useState } from "react";
import type { ReactNode } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { problemCode, useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";

interface ProofOptions {
  user: User;
  title: string;
  text?: string;
  action: string;
  /** `password` null: the account has none, a fresh log-in stands for it. */
  send: (password: string | null, subject: string) => Promise<void>;
  onDone: () => void;
}

interface Proof {
  ask: (subject: string) => void;
  dialog: ReactNode;
}

export function useProof({ user, title, text, action, send, onDone }: ProofOptions): Proof {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [subject, setSubject] = useState<string | null>(null);
  const [password, setPassword] = useState("");
  const sending = useMutation({
    mutationFn: () => send(user.hasPassword ? password : null, subject ?? ""),
    onSuccess: () => {
      close();
      onDone();
    },
  });
  function close() {
    setSubject(null);
    setPassword("");
    sending.reset();
  }
  const isWrong = sending.error !== null && problemCode(sending.error) === "password_wrong";
  const dialog = (
    <Dialog title={title} isOpen={subject !== null} onClose={close}>
      <Form className="settings-form" onSubmit={() => sending.mutate()}>
        {text === undefined ? null : <p className="muted">{text}</p>}
        {sending.error === null || isWrong ? null : <Notice kind="danger">{textOf(sending.error)}</Notice>}
        {user.hasPassword ? (
          <Field
            label={t("settings.currentPassword")}
            type="password"
            autoComplete="current-password"
            testId="proof"
            value={password}
            onChange={setPassword}
            error={isWrong ? textOf(sending.error) : null}
          />
        ) : null}
        <Button kind="danger" wide type="submit" isPending={sending.isPending} data-testid="prove">
          {action}
        </Button>
      </Form>
    </Dialog>
  );
  return { ask: setSubject, dialog };
}
