/** The chat on a meeting's page, when the meeting is over or before one is in it. */
import { useState } from "react";
import { Download } from "lucide-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { save } from "../../../ui/save";
import { Spinner } from "../../../ui/spinner";
import { ChatList } from "./chat-list";
import { ChatMessage } from "./chat-message";
import { FoundList } from "./found-list";
import "./chat.css";

interface MeetingChatProps {
  meetingId: string;
  /** Hosts save the chat as a file. */
  isHost: boolean;
}

export function MeetingChat({ meetingId, isHost }: MeetingChatProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { talk } = useCore();
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const pages = useInfiniteQuery({
    queryKey: ["chat", meetingId],
    queryFn: ({ pageParam }) => talk.messages(meetingId, pageParam ?? undefined),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => ((page[0]?.seq ?? 1) > 1 ? page[0]?.seq : undefined),
  });
  const entries = [...(pages.data?.pages ?? [])].reverse().flat();
  const shown = problem ?? pages.error;
  const saveChat = () => void talk.exportChat(meetingId, "text").then((content) => save(content, `${t("chat.title")}.txt`), setProblem);
  return (
    <section className="chat meeting-chat" aria-label={t("chat.title")} data-testid="meeting-chat">
      <div className="meeting-chat-head">
        <input
          className="chat-search"
          type="search"
          value={words}
          placeholder={t("chat.search")}
          aria-label={t("chat.search")}
          onChange={(event) => setWords(event.target.value)}
          data-testid="chat-search"
        />
        {isHost && entries.length > 0 ? (
          <Button kind="quiet" onPress={saveChat} data-testid="chat-export">
            <Download size={16} aria-hidden="true" />
            {t("chat.export")}
          </Button>
        ) : null}
      </div>
      {shown === null ? null : (
        <p className="chat-failed" role="alert">
          {textOf(shown)}
        </p>
      )}
      {pages.isPending ? <Spinner /> : null}
      {words.trim() !== "" ? <FoundList meetingId={meetingId} words={words} selfId={null} onProblem={setProblem} /> : null}
      {words.trim() === "" && pages.isSuccess ? (
        <ChatList
          entries={entries}
          render={(entry) => (
            <ChatMessage key={entry.messageId} meetingId={meetingId} entry={entry} selfId={null} actions={{ problem: setProblem }} />
          )}
          emptyText={t("chat.emptyAfter")}
          withDate
          earlier={pages.hasNextPage ? { load: () => void pages.fetchNextPage(), isLoading: pages.isFetchingNextPage } : undefined}
        />
      ) : null}
    </section>
  );
}
