/** The text of a message with its links; a very long one is folded. */
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { splitLinks } from "../links";

const FOLDED_CHARS = 1200;

export function ChatBody({ body }: { body: string }) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const isLong = body.length > FOLDED_CHARS;
  const shown = isLong && !isOpen ? `${body.slice(0, FOLDED_CHARS)}…` : body;
  return (
    <div className="chat-body">
      {splitLinks(shown).map((part, index) =>
        part.href === null ? (
          part.text
        ) : (
          <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
      {isLong ? (
        <Button className="link-button chat-fold" onPress={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? t("chat.less") : t("chat.more")}
        </Button>
      ) : null}
    </div>
  );
}
