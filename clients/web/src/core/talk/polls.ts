/** Polls of the room and what events make of them. Pure. */
import type { PollState, PollVoted } from "../protocol";

export type Polls = readonly PollState[];

/** Takes a poll as everyone sees it; what this person chose stays, unless the link to it is gone. */
export function putPoll(known: Polls, poll: PollState): Polls {
  const before = known.find(({ poll_id }) => poll_id === poll.poll_id);
  if (before === undefined) return [...known, poll];
  if (before.version >= poll.version) return known;
  const forgets = poll.anonymous && poll.phase !== "open";
  return replace(known, { ...poll, choice: forgets ? null : (before.choice ?? null) });
}

export function countVotes(known: Polls, { poll_id, version, voters, counts }: PollVoted): Polls {
  const poll = known.find((each) => each.poll_id === poll_id);
  if (poll === undefined || poll.version >= version) return known;
  return replace(known, { ...poll, version, voters, counts: counts ?? null });
}

export function choose(known: Polls, pollId: string, choice: string[]): Polls {
  const poll = known.find((each) => each.poll_id === pollId);
  return poll === undefined ? known : replace(known, { ...poll, choice });
}

function replace(known: Polls, changed: PollState): Polls {
  return known.map((poll) => (poll.poll_id === changed.poll_id ? changed : poll));
}
