/** Messages, files and polls over HTTP. */
import type { HttpClient } from "../http/client";
import { asGuest } from "../http/meetings";
import type { Attendance } from "../http/meetings";
import type { Camelized } from "../camelize";
import type { ChatMessage, PollState } from "../protocol";
import type { ChatEntry, ChatFile, NewPoll, Talk } from "./types";
import { uploadFile } from "./upload";
import { completeEntry, completePoll } from "./view";

type Shown = Camelized<ChatMessage> & { mine: boolean };
type ShownPoll = Camelized<PollState>;

const PAGE = 100;

export function createTalk(
  http: HttpClient,
  attendances: Map<string, Attendance>,
  currentToken: () => Promise<string | null>,
): Talk {
  const asCaller = (meetingId: string) => asGuest(attendances.get(meetingId));
  const below = (meetingId: string, path: string) => `/meetings/${meetingId}/${path}`;
  const blob = (meetingId: string, path: string) => http.blob(below(meetingId, path), asCaller(meetingId));

  const change = async (meetingId: string, path: string) => {
    const options = { ...asCaller(meetingId), key: crypto.randomUUID() };
    await http.post(below(meetingId, path), {}, options);
  };

  return {
    async messages(meetingId, beforeSeq) {
      const before = beforeSeq === undefined ? "" : `&before_seq=${beforeSeq}`;
      const path = below(meetingId, `messages?limit=${PAGE}${before}`);
      const { items } = await http.get<{ items: Shown[] }>(path, asCaller(meetingId));
      return items.map(shownEntry);
    },
    async search(meetingId, words, cursor) {
      const query = new URLSearchParams({ q: words });
      if (cursor != null) query.set("cursor", cursor);
      const path = below(meetingId, `messages/search?${query.toString()}`);
      const found = await http.get<{ items: Shown[]; nextCursor: string | null }>(path, asCaller(meetingId));
      return { ...found, items: found.items.map(shownEntry) };
    },
    deleteMessage: (meetingId, messageId) => http.delete(below(meetingId, `messages/${messageId}`), asCaller(meetingId)),
    exportChat: (meetingId, form) => blob(meetingId, `messages/export?form=${form}`),
    async upload(meetingId, file, options) {
      const token = asCaller(meetingId).token ?? (await currentToken());
      const path = below(meetingId, `files?name=${encodeURIComponent(file.name)}`);
      return uploadFile<ChatFile>(path, file, token, options);
    },
    download: (meetingId, fileId) => blob(meetingId, `files/${fileId}`),
    preview: (meetingId, fileId) => blob(meetingId, `files/${fileId}/preview`),
    async polls(meetingId) {
      const { items } = await http.get<{ items: ShownPoll[] }>(below(meetingId, "polls"), asCaller(meetingId));
      return items.map(completePoll);
    },
    async createPoll(meetingId, poll) {
      const options = { ...asCaller(meetingId), key: crypto.randomUUID() };
      return completePoll(await http.post<ShownPoll>(below(meetingId, "polls"), wirePoll(poll), options));
    },
    deletePoll: (meetingId, pollId) => http.delete(below(meetingId, `polls/${pollId}`), asCaller(meetingId)),
    closePoll: (meetingId, pollId) => change(meetingId, `polls/${pollId}/close`),
    publishPoll: (meetingId, pollId) => change(meetingId, `polls/${pollId}/publish`),
    exportResults: (meetingId, pollId) => blob(meetingId, `polls/${pollId}/results/export`),
  };
}

function shownEntry({ mine, ...message }: Shown): ChatEntry {
  return completeEntry(message, mine);
}

function wirePoll({ liveResults, correct, ...poll }: NewPoll): unknown {
  return { ...poll, live_results: liveResults, ...(correct === undefined ? {} : { correct }) };
}
