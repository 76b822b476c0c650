/** Another name for somebody. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { useSession } from "../../../ui/meeting";

export function RenameDialog({ person, onClose }: { person: Participant; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [name, setName] = useState(person.displayName);
  const submit = () => {
    if (name.trim() === "") return;
    attempt(session.rename(person.participantId, name.trim()));
    onClose();
  };
  return (
    <Dialog title={t("floor.renameTitle", { name: person.displayName })} isOpen onClose={onClose}>
      <Form onSubmit={submit} className="rename">
        <Field label={t("prejoin.name")} value={name} onChange={setName} maxLength={64} testId="new-name" />
        <div className="dialog-actions">
          <Button onPress={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" isDisabled={name.trim() === ""}>
            {t("floor.rename")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
