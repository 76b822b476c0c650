/** The invitation to this meeting: number, link, and the text to send. */
import { useTranslation } from "react-i18next";

import { formatNumber } from "../../../ui/meeting-number";
import { useView } from "../../../ui/meeting";
import { useMeetingTitle } from "../../../ui/use-meeting-title";

interface Invitation {
  title: string;
  number: string;
  link: string;
  text: string;
}

export function useInvitation(): Invitation | null {
  const { t } = useTranslation();
  const titleOf = useMeetingTitle();
  const meeting = useView((view) => view.meeting);
  const ownName = useView((view) => view.participants.find((person) => person.isSelf)?.displayName ?? "");
  if (meeting === null) return null;
  const title = titleOf(meeting);
  const number = formatNumber(meeting.meetingNo);
  const link = `${window.location.origin}/m/${meeting.meetingNo}`;
  return { title, number, link, text: t("room.invitation", { name: ownName, title, link, number }) };
}
