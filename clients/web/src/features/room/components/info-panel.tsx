/** The meeting's number and link, to read aloud or to send. */
import { Check, Copy, Link2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { useView } from "../../../ui/meeting";
import { Notice } from "../../../ui/notice";
import { useCopy } from "../../../ui/use-copy";
import { useInvitation } from "../hooks/use-invitation";

export function InfoPanel() {
  const { t } = useTranslation();
  const hostName = useView((view) => view.meeting?.hostName ?? "");
  const invitation = useInvitation();
  if (invitation === null) return null;
  return (
    <div className="info">
      <h3>{invitation.title}</h3>
      <dl className="info-facts">
        <div>
          <dt>{t("room.infoNumber")}</dt>
          <dd className="info-number numeric" data-testid="meeting-number">
            {invitation.number}
          </dd>
        </div>
        <div>
          <dt>{t("room.infoLink")}</dt>
          <dd className="info-link">{invitation.link}</dd>
        </div>
        <div>
          <dt>{t("room.infoHost")}</dt>
          <dd>{hostName}</dd>
        </div>
      </dl>
      <CopyButtons text={invitation.text} link={invitation.link} />
    </div>
  );
}

export function CopyButtons({ text, link }: { text: string; link: string }) {
  const { t } = useTranslation();
  const invitation = useCopy();
  const address = useCopy();
  return (
    <div className="info-actions">
      <Button kind="primary" onPress={() => void invitation.copy(text)} data-testid="copy-invitation">
        {invitation.copied ? <Check size={18} aria-hidden="true" /> : <Copy size={18} aria-hidden="true" />}
        {invitation.copied ? t("common.copied") : t("room.copyInvitation")}
      </Button>
      <Button onPress={() => void address.copy(link)} data-testid="copy-link">
        {address.copied ? <Check size={18} aria-hidden="true" /> : <Link2 size={18} aria-hidden="true" />}
        {address.copied ? t("common.copied") : t("room.copyLink")}
      </Button>
      {invitation.failed || address.failed ? <Notice kind="warning">{t("common.copyFailed")}</Notice> : null}
    </div>
  );
}
