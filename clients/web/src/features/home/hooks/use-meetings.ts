/** The person's meetings, to come or past, a page at a time; cursors only lead forward, so the way back is remembered. */
import { useState } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { useCore } from "../../../ui/core";

const PAGE_SIZE = 10;
/** What is waiting or live changes by itself. */
const LOOK_AGAIN_MS = 30_000;

export type Which = "upcoming" | "past";

export function useMeetings(which: Which) {
  const core = useCore();
  const [cursors, setCursors] = useState<string[]>([]);
  const cursor = cursors.at(-1) ?? null;
  const query = useQuery({
    queryKey: ["meetings", which, cursor],
    queryFn: () => core.schedule.list(which, cursor, PAGE_SIZE),
    placeholderData: keepPreviousData,
    refetchInterval: which === "upcoming" ? LOOK_AGAIN_MS : false,
  });
  const next = query.data?.nextCursor ?? null;
  return {
    query,
    meetings: query.data?.items ?? [],
    goOn: next === null ? null : () => setCursors((old) => [...old, next]),
    goBack: cursor === null ? null : () => setCursors((old) => old.slice(0, -1)),
  };
}
