/** Chat, files and polls as the interface sees them. */
import type { Problem } from "../types";

export interface ChatQuote {
  messageId: string;
  participantId: string;
  displayName: string;
  /** The beginning of the message. */
  body: string;
  deleted: boolean;
}

interface ChatReaction {
  emoji: string;
  participantId: string;
  displayName: string;
}

export interface ChatFile {
  fileId: string;
  name: string;
  mediaType: string;
  /** Bytes. */
  size: number;
  /** Of a picture that has a preview; else null. */
  width: number | null;
  height: number | null;
}

export interface ChatEntry {
  /** Absent `seq`: still on its way (own message, shown at once). */
  messageId: string;
  seq: number | null;
  participantId: string;
  displayName: string;
  body: string;
  sentAt: string;
  isSelf: boolean;
  failed: Problem | null;
  version: number;
  /** Null: to everyone. */
  recipientId: string | null;
  recipientName: string | null;
  replyTo: ChatQuote | null;
  editedAt: string | null;
  deletedAt: string | null;
  deletedBy: "author" | "host" | null;
  reactions: ChatReaction[];
  files: ChatFile[];
}

/** What goes with the text of a message. */
export interface ChatExtras {
  /** A participant, for a private message. */
  to?: string | undefined;
  replyTo?: ChatQuote | undefined;
  files?: ChatFile[] | undefined;
}

type PollPhase = "draft" | "open" | "closed" | "published";

export interface Poll {
  pollId: string;
  question: string;
  kind: "single" | "multiple";
  options: { optionId: string; text: string }[];
  anonymous: boolean;
  changeable: boolean;
  liveResults: boolean;
  isQuiz: boolean;
  phase: PollPhase;
  creatorName: string;
  voters: number;
  /** By option; null: not for this person, or not yet. */
  counts: number[] | null;
  /** The right options of a quiz, once they are shown. */
  correct: string[] | null;
  /** What this person voted. */
  choice: string[] | null;
  version: number;
}

export interface NewPoll {
  question: string;
  kind: "single" | "multiple";
  options: string[];
  anonymous: boolean;
  changeable: boolean;
  liveResults: boolean;
  /** Positions of the right options, which make it a quiz. */
  correct?: number[] | undefined;
}

/** What one does with messages and polls in a meeting that goes on. */
export interface TalkSession {
  sendChat(body: string, extras?: ChatExtras): void;
  retryChat(messageId: string): void;
  editChat(messageId: string, body: string): Promise<void>;
  deleteChat(messageId: string): Promise<void>;
  reactToChat(messageId: string, emoji: string, on: boolean): Promise<void>;
  startPoll(pollId: string): Promise<void>;
  votePoll(pollId: string, optionIds: string[]): Promise<void>;
  closePoll(pollId: string): Promise<void>;
  publishPoll(pollId: string): Promise<void>;
}

interface FoundChat {
  /** Newest first. */
  items: ChatEntry[];
  nextCursor: string | null;
}

/** Messages, files and polls over HTTP, during a meeting and after it. */
export interface Talk {
  /** Earlier messages to everyone, oldest first. Without `beforeSeq` the last ones. */
  messages(meetingId: string, beforeSeq?: number): Promise<ChatEntry[]>;
  search(meetingId: string, words: string, cursor?: string | null): Promise<FoundChat>;
  deleteMessage(meetingId: string, messageId: string): Promise<void>;
  exportChat(meetingId: string, form: "text" | "json"): Promise<Blob>;
  upload(meetingId: string, file: File, options: UploadOptions): Promise<ChatFile>;
  download(meetingId: string, fileId: string): Promise<Blob>;
  preview(meetingId: string, fileId: string): Promise<Blob>;
  polls(meetingId: string): Promise<Poll[]>;
  createPoll(meetingId: string, poll: NewPoll): Promise<Poll>;
  deletePoll(meetingId: string, pollId: string): Promise<void>;
  closePoll(meetingId: string, pollId: string): Promise<void>;
  publishPoll(meetingId: string, pollId: string): Promise<void>;
  exportResults(meetingId: string, pollId: string): Promise<Blob>;
}

export interface UploadOptions {
  /** 0..1 of the bytes. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}
