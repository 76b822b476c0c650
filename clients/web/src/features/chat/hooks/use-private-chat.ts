/** Opens the chat with one person, from wherever they are shown. */
import { createContext, useContext } from "react";

import type { Participant } from "../../../core/types";
import { useView } from "../../../ui/meeting";
import { mayWriteTo } from "../rights";

/** Opens the conversation with a participant, the focus in its text field. */
type OpenConversation = (participantId: string) => void;

const PrivateChatContext = createContext<OpenConversation | null>(null);

export const PrivateChatProvider = PrivateChatContext.Provider;

/** Null where one may not write to this person. */
export function usePrivateChat(person: Participant): (() => void) | null {
  const open = useContext(PrivateChatContext);
  const mine = useView((view) => view.role);
  const chatFor = useView((view) => view.meeting?.options.attendeesMayChat ?? "everyone");
  if (open === null || person.isSelf || !mayWriteTo(mine, person.role, chatFor)) return null;
  return () => open(person.participantId);
}
