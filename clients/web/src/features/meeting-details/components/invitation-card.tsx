/** The invitation to copy, in the language of who gets it. */
import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingSummary } from "../../../core/types";
import { Button } from "../../../ui/button";
import { formatNumber } from "../../../ui/meeting-number";
import { Notice } from "../../../ui/notice";
import { useCopy } from "../../../ui/use-copy";
import { createWhen } from "../../../ui/when";

const LANGUAGES = ["en", "zh-CN"] as const;

export function InvitationCard({ meeting, title }: { meeting: MeetingSummary; title: string }) {
  const { t, i18n } = useTranslation();
  const textIn = (locale: string) => {
    const say = i18n.getFixedT(locale);
    const { startsAt, endsAt, timeZone } = meeting;
    const lines = [say("schedule.invitation", { name: meeting.hostName, title })];
    if (startsAt !== null && timeZone !== null) {
      lines.push(say("schedule.invitationTime", { time: createWhen(locale).span(startsAt, endsAt, timeZone), zone: timeZone }));
    }
    lines.push(say("schedule.invitationLink", { link: meeting.joinUrl }));
    lines.push(say("schedule.invitationNumber", { number: formatNumber(meeting.meetingNo) }));
    return lines.join("\n");
  };
  return (
    <section className="card">
      <h2>{t("schedule.invitationTitle")}</h2>
      <p className="details-invitation" lang={i18n.language}>
        {textIn(i18n.language)}
      </p>
      <div className="details-copies">
        {LANGUAGES.map((locale) => (
          <CopyButton key={locale} label={t(`schedule.copyIn.${locale}`)} text={textIn(locale)} />
        ))}
      </div>
    </section>
  );
}

function CopyButton({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  const { copied, failed, copy } = useCopy();
  return (
    <>
      <Button onPress={() => void copy(text)}>
        {copied ? <Check size={18} aria-hidden="true" /> : <Copy size={18} aria-hidden="true" />}
        {copied ? t("common.copied") : label}
      </Button>
      {failed ? <Notice kind="warning">{t("common.copyFailed")}</Notice> : null}
    </>
  );
}
