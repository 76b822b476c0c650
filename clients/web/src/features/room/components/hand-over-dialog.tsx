/** The only host leaves and says who hosts from then on. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Participant } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Form } from "../../../ui/form";
import { useSession } from "../../../ui/meeting";
import { Notice } from "../../../ui/notice";
import { Select } from "../../../ui/select";

interface HandOverDialogProps {
  heirs: Participant[];
  onClose: () => void;
}

export function HandOverDialog({ heirs, onClose }: HandOverDialogProps) {
  const { t } = useTranslation();
  const session = useSession();
  const textOf = useProblemText();
  const [wanted, setWanted] = useState(heirs[0]?.participantId ?? null);
  const heir = heirs.find(({ participantId }) => participantId === wanted);
  const leaving = useMutation({
    mutationFn: async (participantId: string) => {
      await session.setRole(participantId, "host");
      await session.leave();
    },
  });
  const nameOf = ({ displayName, isGuest }: Participant) => (isGuest ? t("room.heirGuest", { name: displayName }) : displayName);
  return (
    <Dialog title={t("room.handOverTitle")} isOpen onClose={onClose}>
      <Form className="dialog-form" onSubmit={() => heir !== undefined && leaving.mutate(heir.participantId)}>
        <p className="muted">{t("floor.handOverText")}</p>
        {leaving.error === null ? null : <Notice kind="danger">{textOf(leaving.error)}</Notice>}
        <Select
          label={t("room.heir")}
          options={heirs.map((person) => ({ id: person.participantId, name: nameOf(person) }))}
          value={heir?.participantId ?? null}
          onChange={setWanted}
        />
        <Button kind="primary" type="submit" wide isDisabled={heir === undefined} isPending={leaving.isPending} data-testid="hand-over">
          {t("room.handOver")}
        </Button>
      </Form>
    </Dialog>
  );
}
