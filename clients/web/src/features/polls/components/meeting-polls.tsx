/** The polls on a meeting's page: what was asked, and how people voted as far as this person may know. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { save } from "../../../ui/save";
import { PollCard } from "./poll-card";
import { PollMaking } from "./poll-making";
import "./polls.css";

interface MeetingPollsProps {
  meetingId: string;
  /** Hosts close, publish and save what is left. */
  isHost: boolean;
}

/** A card of its own; nothing where nothing was asked. */
export function MeetingPolls({ meetingId, isHost }: MeetingPollsProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { talk } = useCore();
  const listed = useQuery({ queryKey: ["polls", meetingId], queryFn: () => talk.polls(meetingId) });
  const changing = useMutation({ mutationFn: (change: () => Promise<void>) => change(), onSettled: () => listed.refetch() });
  const making = (poll: Poll) => ({
    onClose: () => changing.mutate(() => talk.closePoll(meetingId, poll.pollId)),
    onPublish: () => changing.mutate(() => talk.publishPoll(meetingId, poll.pollId)),
    onExport: () => changing.mutate(async () => save(await talk.exportResults(meetingId, poll.pollId), "poll.csv")),
  });
  // A draft was never asked.
  const asked = (listed.data ?? []).filter(({ phase }) => phase !== "draft");
  const error = listed.error ?? changing.error;
  if (asked.length === 0 && error === null) return null;
  return (
    <section className="card" aria-label={t("polls.title")} data-testid="meeting-polls">
      <h2>{t("polls.title")}</h2>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      {asked.map((poll) => (
        <PollCard key={poll.pollId} poll={poll}>
          {isHost ? <PollMaking poll={poll} {...making(poll)} /> : null}
        </PollCard>
      ))}
    </section>
  );
}
