/** Above the messages: everyone or private, with whom, and the search. */
import { useState } from "react";
import { Search, X } from "lucide-react";
import { ToggleButton } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../../ui/button";
import { useView } from "../../../ui/meeting";
import { Select } from "../../../ui/select";
import { EVERYONE, partnersIn } from "../conversations";
import type { Partner } from "../conversations";
import type { ChatDesk } from "../hooks/use-chat-desk";

interface ChatHeadProps {
  desk: ChatDesk;
  words: string;
  onWords: (words: string) => void;
}

export function ChatHead({ desk, words, onWords }: ChatHeadProps) {
  const { t } = useTranslation();
  const partners = usePartners();
  const [isSearching, setIsSearching] = useState(false);
  const isPrivate = desk.conversation !== EVERYONE;
  const privateUnread = desk.unreadInAll - (desk.unread.get(EVERYONE) ?? 0);
  const firstPartner = partners.find(({ participantId }) => desk.unread.has(participantId)) ?? partners[0];
  const close = () => {
    setIsSearching(false);
    onWords("");
  };
  return (
    <div className="chat-head">
      <div className="chat-tabs">
        <ToggleButton className="chat-tab" isSelected={!isPrivate} onChange={() => desk.open(EVERYONE)} data-testid="chat-everyone">
          {t("chat.everyone")}
          <Unread count={isPrivate ? (desk.unread.get(EVERYONE) ?? 0) : 0} />
        </ToggleButton>
        <ToggleButton
          className="chat-tab"
          isSelected={isPrivate}
          isDisabled={firstPartner === undefined}
          onChange={() => firstPartner !== undefined && !isPrivate && desk.open(firstPartner.participantId)}
          data-testid="chat-private"
        >
          {t("chat.private")}
          <Unread count={privateUnread} />
        </ToggleButton>
        <IconButton
          className="icon-button"
          label={isSearching ? t("common.close") : t("chat.search")}
          icon={isSearching ? <X size={18} /> : <Search size={18} />}
          onPress={() => (isSearching ? close() : setIsSearching(true))}
          data-testid="chat-search-open"
        />
      </div>
      {isPrivate ? (
        <Select
          label={t("chat.with")}
          labelHidden
          options={partners.map(({ participantId, displayName }) => ({ id: participantId, name: nameWith(displayName, desk.unread.get(participantId)) }))}
          value={desk.conversation}
          onChange={desk.open}
        />
      ) : null}
      {isSearching ? (
        <input
          className="chat-search"
          type="search"
          // The person has just asked for it.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={words}
          placeholder={t("chat.search")}
          aria-label={t("chat.search")}
          onChange={(event) => onWords(event.target.value)}
          data-testid="chat-search"
        />
      ) : null}
    </div>
  );
}

function nameWith(name: string, unread: number | undefined): string {
  return unread === undefined ? name : `${name} (${unread})`;
}

/** Everybody here but oneself, and those who left after private messages. */
function usePartners(): Partner[] {
  const people = useView((view) => view.participants);
  const chat = useView((view) => view.chat);
  const here = people.filter((person) => !person.isSelf).map(({ participantId, displayName }) => ({ participantId, displayName }));
  const ids = new Set(here.map(({ participantId }) => participantId));
  return [...here, ...partnersIn(chat).filter(({ participantId }) => !ids.has(participantId))];
}

function Unread({ count }: { count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <span className="chat-unread numeric" aria-label={t("chat.unread", { count })} role="img">
      {count}
    </span>
  );
}
