/** The polls of the meeting: those of the room, and for who makes polls also drafts and how open ones stand. */
import { useQuery, useQueryClient } from "@tanstack/react-query";

import type { NewPoll, Poll } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { useCore } from "../../../ui/core";
import { useSession, useView } from "../../../ui/meeting";
import { save } from "../../../ui/save";

export function usePolls() {
  const { talk } = useCore();
  const session = useSession();
  const attempt = useAttempt();
  const queries = useQueryClient();
  const meetingId = useView((view) => view.meeting?.meetingId ?? "");
  const told = useView((view) => view.polls);
  const mayCreate = useView((view) => ["host", "co_host", "presenter"].includes(view.role));
  const mayVote = useView((view) => view.role !== "observer");
  const stand = told.map(({ pollId, version }) => `${pollId} ${version}`).join();
  const known = useQuery({
    queryKey: ["polls", meetingId, stand],
    queryFn: () => talk.polls(meetingId),
    enabled: mayCreate && meetingId !== "",
    placeholderData: (before) => before,
  });
  const refresh = () => queries.invalidateQueries({ queryKey: ["polls", meetingId] });

  return {
    polls: merged(told, known.data ?? []),
    mayCreate,
    mayVote,
    start: (poll: Poll) => attempt(session.startPoll(poll.pollId).then(refresh)),
    close: (poll: Poll) => attempt(session.closePoll(poll.pollId)),
    publish: (poll: Poll) => attempt(session.publishPoll(poll.pollId)),
    vote: (poll: Poll, optionIds: string[]) => attempt(session.votePoll(poll.pollId, optionIds)),
    remove: (poll: Poll) => attempt(talk.deletePoll(meetingId, poll.pollId).then(refresh)),
    exportResults: (poll: Poll) =>
      attempt(talk.exportResults(meetingId, poll.pollId).then((content) => save(content, "poll.csv"))),
    async create(poll: NewPoll, isStarted: boolean) {
      const made = await talk.createPoll(meetingId, poll);
      if (isStarted) await session.startPoll(made.pollId);
      await refresh();
    },
  };
}

/** Newest first. The room's own are as new as they can be; counts that only makers see come from the list. */
function merged(told: Poll[], known: Poll[]): Poll[] {
  const ids = new Set(told.map(({ pollId }) => pollId));
  const full = told.map((poll) => ({ ...poll, counts: poll.counts ?? known.find(({ pollId }) => pollId === poll.pollId)?.counts ?? null }));
  return [...known.filter(({ pollId }) => !ids.has(pollId)), ...full].reverse();
}
