/** How many rooms, and how people come to them. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { BreakoutAssignment } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useSession } from "../../../ui/meeting";
import { Select } from "../../../ui/select";
import { Switch } from "../../../ui/switch";

const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50];

export function CreateForm() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [count, setCount] = useState(2);
  const [assignment, setAssignment] = useState<BreakoutAssignment>("random");
  const [mayReturn, setMayReturn] = useState(true);
  const create = () => {
    const titles = Array.from({ length: count }, (_, index) => t("breakouts.roomName", { number: index + 1 }));
    attempt(session.createBreakouts(titles, assignment, mayReturn));
  };
  return (
    <>
      <p className="muted">{t("breakouts.intro")}</p>
      <Select
        label={t("breakouts.count")}
        options={COUNTS.map((each) => ({ id: String(each), name: String(each) }))}
        value={String(count)}
        onChange={(id) => setCount(Number(id))}
      />
      <Select
        label={t("breakouts.assignment")}
        options={(["random", "manual", "choose"] as const).map((id) => ({ id, name: t(`breakouts.by.${id}`) }))}
        value={assignment}
        onChange={(id) => setAssignment(id as BreakoutAssignment)}
      />
      <Switch label={t("breakouts.mayReturn")} isSelected={mayReturn} onChange={setMayReturn} />
      <Button kind="primary" onPress={create} data-testid="create-breakouts">
        {t("breakouts.create")}
      </Button>
    </>
  );
}
