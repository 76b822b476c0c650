/** What stands above the text to write: the message that is answered or edited, and files on their way. */
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { IconButton } from "../../../ui/button";
import type { ChatDesk } from "../hooks/use-chat-desk";
import type { Upload, Uploads } from "../hooks/use-uploads";

export function Above({ desk }: { desk: ChatDesk }) {
  const { t } = useTranslation();
  const { answering, editing, uploads } = desk;
  return (
    <>
      {answering === null ? null : (
        <Bar name={t("chat.replyingTo", { name: answering.displayName })} text={answering.body} onCancel={() => desk.answer(null)} />
      )}
      {editing === null ? null : <Bar name={t("chat.editing")} text={editing.body} onCancel={() => desk.edit(null)} />}
      {editing === null && uploads.items.length > 0 ? (
        <ul className="chat-uploads" aria-label={t("chat.files")}>
          {uploads.items.map((item) => (
            <UploadRow key={item.id} item={item} uploads={uploads} />
          ))}
        </ul>
      ) : null}
    </>
  );
}

function Bar({ name, text, onCancel }: { name: string; text: string; onCancel: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="chat-bar">
      <p>
        <span className="chat-quote-author">{name}</span>
        <span className="chat-quote-body">{text}</span>
      </p>
      <IconButton className="chat-action" label={t("common.cancel")} icon={<X size={16} />} onPress={onCancel} />
    </div>
  );
}

function UploadRow({ item, uploads }: { item: Upload; uploads: Uploads }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const percent = Math.round(item.progress * 100);
  return (
    <li className="chat-upload" data-testid="chat-upload" data-done={item.file === null ? undefined : ""}>
      <span className="chat-file-name">{item.name}</span>
      {item.failed === null ? (
        <progress value={percent} max={100} aria-label={t("chat.uploading", { name: item.name })} />
      ) : (
        <span className="chat-failed" role="alert">
          {textOf(item.failed)}
        </span>
      )}
      <IconButton
        className="chat-action"
        label={t("chat.removeFile", { name: item.name })}
        icon={<X size={16} />}
        onPress={() => uploads.remove(item.id)}
      />
    </li>
  );
}
