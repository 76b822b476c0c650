/** Messages to everyone from before the snapshot, fetched when asked for. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";

import type { ChatEntry } from "../../../core/types";
import { useCore } from "../../../ui/core";
import { useView } from "../../../ui/meeting";

export function useEarlier(recent: ChatEntry[]) {
  const { talk } = useCore();
  const meetingId = useView((view) => view.meeting?.meetingId ?? null);
  const [earlier, setEarlier] = useState<ChatEntry[]>([]);
  const [isAll, setIsAll] = useState(false);
  const firstRecent = recent.find((entry) => entry.seq !== null)?.seq ?? null;
  const firstSeq = earlier[0]?.seq ?? firstRecent;
  const loading = useMutation({
    mutationFn: async () => {
      if (meetingId === null || firstSeq === null) return [];
      return talk.messages(meetingId, firstSeq);
    },
    onSuccess: (found) => {
      setEarlier((old) => [...found, ...old]);
      // Who came late may not see what was before.
      if (found.length === 0) setIsAll(true);
    },
  });
  return {
    earlier,
    hasEarlier: !isAll && firstSeq !== null && firstSeq > 1,
    isLoading: loading.isPending,
    loadEarlier: () => loading.mutate(),
  };
}
