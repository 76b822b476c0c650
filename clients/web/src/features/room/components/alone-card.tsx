/** For the first one in an empty meeting: how to get the others in. */
import { useState } from "react";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../../ui/button";
import { useView } from "../../../ui/meeting";
import { useInvitation } from "../hooks/use-invitation";
import { CopyButtons } from "./info-panel";

export function AloneCard() {
  const { t } = useTranslation();
  const isAlone = useView((view) => view.phase === "live" && view.participants.length === 1);
  const invitation = useInvitation();
  const [closed, setClosed] = useState(false);
  if (!isAlone || closed || invitation === null) return null;
  return (
    <section className="alone" aria-label={t("room.alone")}>
      <header>
        <h2>{t("room.alone")}</h2>
        <IconButton label={t("common.close")} icon={<X size={18} />} onPress={() => setClosed(true)} />
      </header>
      <p className="muted">{t("room.aloneText")}</p>
      <p className="alone-number numeric">{invitation.number}</p>
      <CopyButtons text={invitation.text} link={invitation.link} />
    </section>
  );
}
