/** Messages, files and polls that are not there, for tests. */
import type { ChatFile, Talk } from "../core/talk/types";
import { poll } from "./fake-session";

type Answer = <T>(name: string, argument: unknown, value: T) => Promise<T>;

export function fakeTalk(answer: Answer): Talk {
  return {
    messages: (meetingId, beforeSeq) => answer("messages", [meetingId, beforeSeq], []),
    search: (meetingId, words) => answer("search", [meetingId, words], { items: [], nextCursor: null }),
    deleteMessage: (meetingId, messageId) => answer("deleteMessage", [meetingId, messageId], undefined),
    exportChat: (meetingId, form) => answer("exportChat", [meetingId, form], new Blob()),
    upload(meetingId, file, { onProgress }) {
      onProgress(0.5);
      return answer("upload", [meetingId, file.name], fileOf(file));
    },
    download: (meetingId, fileId) => answer("download", [meetingId, fileId], new Blob()),
    preview: (meetingId, fileId) => answer("preview", [meetingId, fileId], new Blob()),
    polls: (meetingId) => answer("polls", meetingId, []),
    createPoll: (meetingId, made) => answer("createPoll", [meetingId, made], poll({ pollId: "made", phase: "draft" })),
    deletePoll: (meetingId, pollId) => answer("deletePoll", [meetingId, pollId], undefined),
    closePoll: (meetingId, pollId) => answer("closePoll", [meetingId, pollId], undefined),
    publishPoll: (meetingId, pollId) => answer("publishPoll", [meetingId, pollId], undefined),
    exportResults: (meetingId, pollId) => answer("exportResults", [meetingId, pollId], new Blob()),
  };
}

function fileOf(file: File): ChatFile {
  return { fileId: `f-${file.name}`, name: file.name, mediaType: file.type, size: file.size, width: null, height: null };
}
