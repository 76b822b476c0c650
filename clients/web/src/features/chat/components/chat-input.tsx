/** Writes a message: Enter sends, Shift+Enter breaks the line, and an input method's Enter only picks a word. */
import { useEffect, useRef } from "react";
import type { ClipboardEvent, KeyboardEvent } from "react";
import { Check, Paperclip, SendHorizontal } from "lucide-react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../../ui/button";
import type { ChatDesk } from "../hooks/use-chat-desk";
import { Above } from "./chat-above";

const MAX_CHARS = 4000;
/** What browsers report for a key that an input method took; Safari says so only this way. */
const COMPOSING_KEY_CODE = 229;

interface ChatInputProps {
  desk: ChatDesk;
  label: string;
  onSend: (body: string) => void;
}

export function ChatInput({ desk, label, onSend }: ChatInputProps) {
  const { t } = useTranslation();
  const { draft, setDraft, uploads, editing } = desk;
  const field = useGrowingField(desk);
  const hasContent = draft.trim() !== "" || (editing === null && uploads.items.some(({ file }) => file !== null));
  const isReady = hasContent && (editing !== null || !uploads.isBusy);

  const send = () => {
    if (isReady) onSend(draft.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // keyCode is deprecated and the only sign of a composition that Safari gives at this moment.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const composing = event.nativeEvent.isComposing || event.nativeEvent.keyCode === COMPOSING_KEY_CODE;
    if (event.key === "Escape" && (desk.answering ?? editing) !== null) {
      event.stopPropagation();
      desk.edit(null);
    }
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0 || editing !== null) return;
    event.preventDefault();
    uploads.add(event.clipboardData.files);
  };

  return (
    <div className="chat-write">
      <Above desk={desk} />
      <div className="chat-input">
        {editing === null ? (
          <FileTrigger allowsMultiple onSelect={(files) => files !== null && uploads.add(files)}>
            <IconButton className="icon-button" label={t("chat.attach")} icon={<Paperclip size={20} />} data-testid="chat-attach" />
          </FileTrigger>
        ) : null}
        <textarea
          ref={field}
          rows={1}
          value={draft}
          maxLength={MAX_CHARS}
          placeholder={label}
          aria-label={label}
          enterKeyHint="send"
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          data-testid="chat-input"
        />
        <IconButton
          className="icon-button chat-send"
          label={editing === null ? t("chat.send") : t("chat.saveEdit")}
          icon={editing === null ? <SendHorizontal size={20} /> : <Check size={20} />}
          isDisabled={!isReady}
          onPress={send}
          data-testid="chat-send"
        />
      </div>
    </div>
  );
}

/** As high as its text, and focused when one begins, answers or edits. */
function useGrowingField({ draft, answering, editing, opened }: ChatDesk) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), [answering, editing, opened]);
  useEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 144)}px`;
  }, [draft]);
  return field;
}
