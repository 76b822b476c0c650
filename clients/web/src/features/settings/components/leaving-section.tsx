/** Taking along what is kept, and deleting the account. */
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { navigate } from "../../../ui/navigation";
import { Notice } from "../../../ui/notice";
import { useProof } from "../hooks/use-proof";
import { Section } from "./section";

export function LeavingSection({ user }: { user: User }) {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const exporting = useMutation({
    mutationFn: () => security.exportAccount(),
    onSuccess: (packed) => saveFile(packed, "meeting-account.zip"),
  });
  const deleting = useProof({
    user,
    title: t("settings.deleteTitle"),
    text: t("settings.deleteText"),
    action: t("settings.deleteForGood"),
    send: (password) => security.deleteAccount(password),
    onDone: () => navigate("/"),
  });
  return (
    <Section title={t("settings.yourData")} text={t("settings.yourDataText")}>
      {exporting.error === null ? null : <Notice kind="danger">{textOf(exporting.error)}</Notice>}
      <div className="settings-actions">
        <Button isPending={exporting.isPending} onPress={() => exporting.mutate()} data-testid="export">
          <Download size={18} aria-hidden="true" />
          {t("settings.export")}
        </Button>
        <Button kind="danger" onPress={() => deleting.ask(user.userId)} data-testid="delete-account">
          {t("settings.delete")}
        </Button>
      </div>
      {deleting.dialog}
    </Section>
  );
}

function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
