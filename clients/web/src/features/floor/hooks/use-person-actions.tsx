/** What may be done about one person, by what they do and who one is; the server asks again. */
import type { ReactNode } from "react";
import { Hand, MessageSquare, Mic, MicOff, MonitorX, PenLine, Sparkles, UserX, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MeetingRole, Participant } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { useSession, useView } from "../../../ui/meeting";
import { usePrivateChat } from "../../chat";

export type PersonDialog = "rename" | "remove" | "hand_over";

interface PersonAction {
  id: string;
  name: string;
  icon: ReactNode;
  danger: boolean;
  run: () => void;
}

const BELOW: MeetingRole[] = ["presenter", "attendee", "observer"];

/** The roles that somebody of one role may give to somebody of another. */
function rolesToGive(mine: MeetingRole, theirs: MeetingRole): MeetingRole[] {
  if (mine === "host" && theirs !== "host") return ["host", "co_host", ...BELOW];
  return mine === "co_host" && BELOW.includes(theirs) ? BELOW : [];
}

export function usePersonActions(person: Participant, onDialog: (dialog: PersonDialog) => void) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const mine = useView((view) => view.role);
  const isSpotlit = useView((view) => view.meeting?.spotlight === person.participantId);
  const moderates = mine === "host" || mine === "co_host";
  const write = usePrivateChat(person);
  const writing: PersonAction[] =
    write === null ? [] : [{ id: "write", name: t("people.write"), icon: <MessageSquare size={18} />, danger: false, run: write }];
  if (!moderates) return { actions: writing, roles: [] };
  const id = person.participantId;
  const reachable = !person.isSelf && (mine === "host" || person.role !== "host");
  const removable = reachable && person.role !== "host" && (mine === "host" || person.role !== "co_host");
  const all: (PersonAction & { when: boolean })[] = [
    {
      id: "mute-menu", name: t("people.mute"), icon: <MicOff size={18} />, danger: false, when: reachable && person.microphone,
      run: () => attempt(session.muteParticipant(id, "microphone")),
    },
    {
      id: "ask-to-unmute", name: t("floor.askToUnmute"), icon: <Mic size={18} />, danger: false,
      when: reachable && !person.microphone && person.role !== "observer",
      run: () => attempt(session.askToUnmute(id)),
    },
    {
      id: "stop-camera", name: t("floor.stopCamera"), icon: <VideoOff size={18} />, danger: false, when: reachable && person.camera,
      run: () => attempt(session.muteParticipant(id, "camera")),
    },
    {
      id: "stop-share", name: t("floor.stopShare"), icon: <MonitorX size={18} />, danger: false, when: reachable && person.screen,
      run: () => attempt(session.muteParticipant(id, "screen")),
    },
    {
      id: "lower-hand", name: t("floor.lowerHand"), icon: <Hand size={18} />, danger: false, when: person.handRaisedAt !== null,
      run: () => attempt(session.lowerHand(id)),
    },
    {
      id: "spotlight", name: isSpotlit ? t("floor.stopSpotlight") : t("floor.spotlight"), icon: <Sparkles size={18} />, danger: false,
      when: true, run: () => attempt(session.spotlight(isSpotlit ? null : id)),
    },
    {
      id: "rename", name: t("floor.rename"), icon: <PenLine size={18} />, danger: false, when: reachable || person.isSelf,
      run: () => onDialog("rename"),
    },
    {
      id: "remove", name: t("people.remove"), icon: <UserX size={18} />, danger: true, when: removable,
      run: () => onDialog("remove"),
    },
  ];
  return { actions: [...writing, ...all.filter(({ when }) => when)], roles: person.isSelf ? [] : rolesToGive(mine, person.role) };
}
