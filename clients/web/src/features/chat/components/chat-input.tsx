/** Writes a message: Enter sends, Shift+Enter breaks the line, and an input method's Enter only picks a word. */
import { useEffect, useRef } from "react";
import type { KeyboardEvent } from "react";
import { SendHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../../ui/button";

const MAX_CHARS = 4000;
/** What browsers report for a key that an input method took; Safari says so only this way. */
const COMPOSING_KEY_CODE = 229;

interface ChatInputProps {
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (body: string) => void;
}

export function ChatInput({ draft, onDraft, onSend }: ChatInputProps) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 144)}px`;
  }, [draft]);

  const send = () => {
    const body = draft.trim();
    if (body === "") return;
    onSend(body);
    onDraft("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // keyCode is deprecated and the only sign of a composition that Safari gives at this moment.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const composing = event.nativeEvent.isComposing || event.nativeEvent.keyCode === COMPOSING_KEY_CODE;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    send();
  };

  return (
    <div className="chat-input">
      <textarea
        ref={field}
        rows={1}
        value={draft}
        maxLength={MAX_CHARS}
        placeholder={t("chat.placeholder")}
        aria-label={t("chat.placeholder")}
        enterKeyHint="send"
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={onKeyDown}
        data-testid="chat-input"
      />
      <IconButton
        className="icon-button chat-send"
        label={t("chat.send")}
        icon={<SendHorizontal size={20} />}
        isDisabled={draft.trim() === ""}
        onPress={send}
        data-testid="chat-send"
      />
    </div>
  );
}
