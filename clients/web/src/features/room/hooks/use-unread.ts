/** How many chat messages came while the chat was closed; what was there on arrival counts as read. */
import { useState } from "react";

import { useView } from "../../../ui/meeting";
import { countUnread, lastSeq } from "../../chat";

export function useUnread(isChatOpen: boolean): number {
  const chat = useView((view) => view.chat);
  const isReady = useView((view) => view.meeting !== null);
  const [readSeq, setReadSeq] = useState<number | null>(null);
  const newest = lastSeq(chat);
  if (isReady && (readSeq === null || (isChatOpen && readSeq !== newest))) setReadSeq(newest);
  return readSeq === null || isChatOpen ? 0 : countUnread(chat, readSeq);
}
