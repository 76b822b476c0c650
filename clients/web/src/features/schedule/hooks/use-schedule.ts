/** The form's life: what it begins with, what is wrong, sending. */
import { useCallback, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { MeetingSummary, Scope } from "../../../core/types";
import { problemCode, useProblemText } from "../../../i18n/problem";
import { useCore } from "../../../ui/core";
import { navigate } from "../../../ui/navigation";
import { changeOf, draftOf, inputOf, newDraft } from "../draft";
import type { Draft } from "../draft";

const OF_TIME = new Set(["start_invalid", "time_zone_unknown"]);

/** `meeting` null: a new one. */
export function useSchedule(meeting: MeetingSummary | null) {
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const [before] = useState<Draft>(() => (meeting === null ? newDraft(new Date()) : draftOf(meeting, new Date())));
  const [draft, setDraft] = useState(before);
  const [scope, setScope] = useState<Scope | null>(meeting === null || meeting.seriesId === null ? null : "this");
  const rooms = useQuery({ queryKey: ["rooms"], queryFn: () => core.rooms.list() });
  const sending = useMutation({
    mutationFn: () => {
      if (meeting === null) return core.schedule.create(inputOf(draft));
      const change = changeOf(before, draft, scope ?? "this");
      return core.schedule.change(meeting.meetingId, change, scope ?? "this", meeting.version);
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: ["meetings"] });
      void queries.invalidateQueries({ queryKey: ["meeting"] });
      navigate(`/meetings/${saved.meetingId}`);
    },
  });
  const { reset } = sending;
  const change = useCallback(
    (part: Partial<Draft>) => {
      setDraft((old) => ({ ...old, ...part }));
      reset();
    },
    [reset],
  );
  const ofTime = sending.error !== null && OF_TIME.has(problemCode(sending.error));
  return {
    draft,
    change,
    scope,
    setScope,
    rooms: rooms.data ?? [],
    problem: sending.error !== null && !ofTime ? textOf(sending.error) : null,
    timeProblem: ofTime ? textOf(sending.error) : null,
    isPending: sending.isPending,
    submit: () => sending.mutate(),
  };
}
