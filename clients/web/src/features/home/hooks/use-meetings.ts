/** The person's meetings, a page at a time; cursors only lead forward, so the way back is remembered. */
import { useState } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { useCore } from "../../../ui/core";

const PAGE_SIZE = 8;

export function useMeetings() {
  const core = useCore();
  const [cursors, setCursors] = useState<string[]>([]);
  const cursor = cursors.at(-1) ?? null;
  const query = useQuery({
    queryKey: ["meetings", cursor],
    queryFn: () => core.meetings.list({ cursor, limit: PAGE_SIZE }),
    placeholderData: keepPreviousData,
  });
  const next = query.data?.nextCursor ?? null;
  return {
    query,
    meetings: query.data?.items ?? [],
    goOlder: next === null ? null : () => { setCursors((old) => [...old, next]); },
    goNewer: cursor === null ? null : () => { setCursors((old) => old.slice(0, -1)); },
  };
}
