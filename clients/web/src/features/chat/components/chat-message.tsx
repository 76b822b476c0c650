/** One message: what it answers, its text and files, reactions to it, and what one may do with it. */
import { EllipsisVertical, Pencil, Reply, Trash2 } from "lucide-react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { ChatEntry } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { IconButton } from "../../../ui/button";
import { Menu, MenuAction } from "../../../ui/menu";
import { ChatBody } from "./chat-body";
import { ChatFile } from "./chat-file";
import { ChatReactions, ReactionButton } from "./chat-reactions";
import type { OnReact } from "./chat-reactions";

/** What may be done with a message; what is absent may not. */
export interface MessageActions {
  retry?: (() => void) | undefined;
  react?: OnReact | undefined;
  answer?: (() => void) | undefined;
  edit?: (() => void) | undefined;
  remove?: (() => void) | undefined;
  problem: (error: unknown) => void;
}

interface ChatMessageProps {
  meetingId: string | null;
  entry: ChatEntry;
  selfId: string | null;
  actions: MessageActions;
}

export function ChatMessage({ meetingId, entry, selfId, actions }: ChatMessageProps) {
  const { t } = useTranslation();
  const isPending = entry.seq === null && entry.failed === null;
  const isDeleted = entry.deletedAt !== null;
  return (
    <div className="chat-message" data-testid="chat-message" data-pending={isPending ? "" : undefined}>
      <div className="chat-line">
        <div className="chat-content">
          {entry.replyTo === null ? null : <Quote quote={entry.replyTo} />}
          {isDeleted ? <Tombstone entry={entry} /> : null}
          {entry.body === "" ? null : <ChatBody body={entry.body} />}
          {entry.files.map((file) => (
            <ChatFile key={file.fileId} meetingId={meetingId} file={file} onProblem={actions.problem} />
          ))}
        </div>
        {isDeleted || entry.seq === null ? null : <Actions actions={actions} />}
      </div>
      {entry.editedAt === null || isDeleted ? null : <span className="chat-note muted">{t("chat.edited")}</span>}
      <ChatReactions entry={entry} selfId={selfId} onReact={actions.react ?? null} />
      {isPending ? <span className="visually-hidden">{t("chat.sending")}</span> : null}
      <Failure entry={entry} onRetry={actions.retry} />
    </div>
  );
}

function Quote({ quote }: { quote: NonNullable<ChatEntry["replyTo"]> }) {
  const { t } = useTranslation();
  return (
    <blockquote className="chat-quote" data-testid="chat-quote">
      <span className="chat-quote-author">{quote.displayName}</span>
      <span className="chat-quote-body">{quote.deleted ? t("chat.deleted") : quote.body || t("chat.file")}</span>
    </blockquote>
  );
}

function Tombstone({ entry }: { entry: ChatEntry }) {
  const { t } = useTranslation();
  return (
    <p className="chat-tombstone muted">{entry.deletedBy === "host" ? t("chat.deletedByHost") : t("chat.deleted")}</p>
  );
}

function Failure({ entry, onRetry }: { entry: ChatEntry; onRetry: MessageActions["retry"] }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  if (entry.failed === null) return null;
  return (
    <p className="chat-failed">
      {t("chat.failed")} {textOf(entry.failed)}{" "}
      <Button className="link-button" onPress={() => onRetry?.()}>
        {t("chat.retry")}
      </Button>
    </p>
  );
}

function Actions({ actions: { react, answer, edit, remove } }: { actions: MessageActions }) {
  const { t } = useTranslation();
  return (
    <div className="chat-actions">
      {react === undefined ? null : <ReactionButton onReact={react} />}
      {answer === undefined ? null : (
        <IconButton className="chat-action" label={t("chat.reply")} icon={<Reply size={16} />} onPress={answer} data-testid="chat-reply" />
      )}
      {edit === undefined && remove === undefined ? null : (
        <Menu
          label={t("chat.actions")}
          trigger={<IconButton className="chat-action" label={t("chat.actions")} icon={<EllipsisVertical size={16} />} data-testid="chat-more" />}
        >
          {edit === undefined ? null : <MenuAction id="edit" icon={<Pencil size={16} />} name={t("chat.edit")} onAction={edit} testId="chat-edit" />}
          {remove === undefined ? null : (
            <MenuAction id="delete" danger icon={<Trash2 size={16} />} name={t("chat.delete")} onAction={remove} testId="chat-delete" />
          )}
        </Menu>
      )}
    </div>
  );
}
