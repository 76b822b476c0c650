/** What a webhook may be told, in the order of a meeting's life. */
import type { HookType } from "../../core/types";

export const HOOK_TYPES: readonly HookType[] = [
  "meeting.created",
  "meeting.scheduled",
  "meeting.updated",
  "meeting.cancelled",
  "meeting.started",
  "meeting.ended",
  "participant.joined",
  "participant.left",
  "chat.message",
  "recording.ready",
];
