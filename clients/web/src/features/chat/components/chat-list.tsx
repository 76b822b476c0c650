/** Messages in groups, as a log that a screen reader follows. */
import type { ReactNode, RefObject } from "react";
import { MessageSquare } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { ChatEntry } from "../../../core/types";
import { Avatar } from "../../../ui/avatar";
import { Button } from "../../../ui/button";
import { groupChat } from "../group";
import type { ChatGroup } from "../group";

interface ChatListProps {
  entries: ChatEntry[];
  render: (entry: ChatEntry) => ReactNode;
  emptyText: string;
  /** Says the date with the time: for what is not of today. */
  withDate?: boolean;
  earlier?: { load: () => void; isLoading: boolean } | undefined;
  list?: RefObject<HTMLDivElement | null>;
  onScroll?: () => void;
  /** Of those who wrote, by participant. */
  pictures?: Readonly<Record<string, string | null>>;
}

export function ChatList({ entries, render, emptyText, withDate = false, earlier, list, onScroll, pictures }: ChatListProps) {
  const { t } = useTranslation();
  return (
    // A scrolling region must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="chat-list" ref={list} onScroll={onScroll} role="log" aria-label={t("chat.title")} tabIndex={0}>
      {earlier === undefined ? null : (
        <Button kind="quiet" isPending={earlier.isLoading} onPress={earlier.load} className="chat-earlier" data-testid="chat-earlier">
          {t("chat.earlier")}
        </Button>
      )}
      {entries.length === 0 ? <Empty text={emptyText} /> : null}
      {groupChat(entries).map((group) => (
        <Group key={group.id} group={group} withDate={withDate} picture={pictures?.[group.participantId]}>
          {group.entries.map(render)}
        </Group>
      ))}
    </div>
  );
}

interface GroupProps {
  group: ChatGroup;
  withDate: boolean;
  picture: string | null | undefined;
  children: ReactNode;
}

function Group({ group, withDate, picture, children }: GroupProps) {
  const { t, i18n } = useTranslation();
  const style = withDate ? ({ dateStyle: "medium", timeStyle: "short" } as const) : ({ timeStyle: "short" } as const);
  const time = new Intl.DateTimeFormat(i18n.language, style).format(new Date(group.sentAt));
  return (
    <article className="chat-group" data-self={group.isSelf ? "" : undefined}>
      <header className="chat-group-header">
        {group.isSelf ? null : <Avatar id={group.participantId} name={group.displayName} size={22} picture={picture} />}
        <span className="chat-author">{group.isSelf ? t("chat.you") : group.displayName}</span>
        <time dateTime={group.sentAt} className="muted numeric">
          {time}
        </time>
      </header>
      {children}
    </article>
  );
}

function Empty({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <div className="chat-empty">
      <MessageSquare size={28} aria-hidden="true" />
      <p>{t("chat.empty")}</p>
      <p className="muted">{text}</p>
    </div>
  );
}
