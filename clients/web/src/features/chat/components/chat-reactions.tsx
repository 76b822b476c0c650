/** The reactions to a message: how many, whose, and one's own to put or to take away. */
import { SmilePlus } from "lucide-react";
import { Button, Dialog, DialogTrigger, Popover, ToggleButton } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { ChatEntry } from "../../../core/types";
import { IconButton } from "../../../ui/button";
import { Hint } from "../../../ui/hint";
import { countReactions } from "../group";

const EMOJI = ["👍", "❤️", "😂", "🎉", "😮", "🙏", "✅", "👀"];

export type OnReact = (emoji: string, on: boolean) => void;

interface ReactionsProps {
  entry: ChatEntry;
  selfId: string | null;
  /** Null: only to look at. */
  onReact: OnReact | null;
}

export function ChatReactions({ entry, selfId, onReact }: ReactionsProps) {
  const { t, i18n } = useTranslation();
  const counts = countReactions(entry, selfId);
  if (counts.length === 0) return null;
  const names = new Intl.ListFormat(i18n.language);
  return (
    <div className="chat-reactions" role="group" aria-label={t("chat.reactions")}>
      {counts.map(({ emoji, names: who, isMine }) => (
        <Hint key={emoji} text={names.format(who)}>
          <ToggleButton
            className="chat-reaction"
            isSelected={isMine}
            isDisabled={onReact === null}
            onChange={(on) => onReact?.(emoji, on)}
            aria-label={t("chat.reactedBy", { emoji, names: names.format(who) })}
          >
            {emoji} <span className="numeric">{who.length}</span>
          </ToggleButton>
        </Hint>
      ))}
    </div>
  );
}

export function ReactionButton({ onReact }: { onReact: OnReact }) {
  const { t } = useTranslation();
  return (
    <DialogTrigger>
      <IconButton className="chat-action" label={t("chat.react")} icon={<SmilePlus size={16} />} data-testid="chat-react" />
      <Popover className="popover" placement="top" offset={6}>
        <Dialog className="reaction-popover" aria-label={t("chat.react")}>
          {({ close }) => (
            <div className="reaction-row" role="group" aria-label={t("chat.react")}>
              {EMOJI.map((emoji) => (
                <Button
                  key={emoji}
                  className="reaction-button"
                  onPress={() => {
                    onReact(emoji, true);
                    close();
                  }}
                >
                  {emoji}
                </Button>
              ))}
            </div>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
