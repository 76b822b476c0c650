/** What outlives the closing of the panel: the conversation, drafts, what is answered or edited, what was read. */
import { useCallback, useState } from "react";

import type { ChatEntry } from "../../../core/types";
import { useView } from "../../../ui/meeting";
import { EVERYONE, countUnread, newestMarks } from "../conversations";
import type { ReadMarks } from "../conversations";
import { useUploads } from "./use-uploads";
import type { Uploads } from "./use-uploads";

export interface ChatDesk {
  /** `everyone`, or the participant of a private one. */
  conversation: string;
  open: (conversation: string) => void;
  /** Grows whenever a conversation is opened, be it the one that is open. */
  opened: number;
  draft: string;
  setDraft: (text: string) => void;
  answering: ChatEntry | null;
  answer: (entry: ChatEntry | null) => void;
  editing: ChatEntry | null;
  edit: (entry: ChatEntry | null) => void;
  uploads: Uploads;
  /** By conversation. */
  unread: ReadonlyMap<string, number>;
  unreadInAll: number;
}

export function useChatDesk(isOpen: boolean): ChatDesk {
  const chat = useView((view) => view.chat);
  const meetingId = useView((view) => view.meeting?.meetingId ?? null);
  const [conversation, setConversation] = useState(EVERYONE);
  const [opened, setOpened] = useState(0);
  const [drafts, setDrafts] = useState<Record<string, string>>({});
  const [answering, setAnswering] = useState<ChatEntry | null>(null);
  const [editing, setEditing] = useState<ChatEntry | null>(null);
  const uploads = useUploads(meetingId);
  const unread = useUnread(chat, meetingId !== null, isOpen ? conversation : null);

  const open = useCallback((next: string) => {
    setConversation(next);
    setOpened((count) => count + 1);
    setAnswering(null);
    setEditing(null);
  }, []);
  const key = editing === null ? conversation : `edit ${editing.messageId}`;
  return {
    conversation,
    opened,
    open,
    draft: drafts[key] ?? editing?.body ?? "",
    setDraft: (text) => setDrafts((old) => ({ ...old, [key]: text })),
    answering,
    answer(entry) {
      setEditing(null);
      setAnswering(entry);
    },
    editing,
    edit(entry) {
      if (editing !== null) setDrafts(({ [key]: _done, ...rest }) => rest);
      setAnswering(null);
      setEditing(entry);
    },
    uploads,
    unread,
    unreadInAll: [...unread.values()].reduce((sum, count) => sum + count, 0),
  };
}

/** What was there on arrival counts as read, and what is shown. */
function useUnread(chat: ChatEntry[], isReady: boolean, shown: string | null): ReadonlyMap<string, number> {
  const [marks, setMarks] = useState<ReadMarks | null>(null);
  if (isReady && marks === null) setMarks(newestMarks(chat));
  const newest = shown === null ? undefined : newestMarks(chat)[shown];
  if (marks !== null && shown !== null && newest !== undefined && marks[shown] !== newest) {
    setMarks({ ...marks, [shown]: newest });
  }
  return marks === null ? new Map() : countUnread(chat, marks);
}
