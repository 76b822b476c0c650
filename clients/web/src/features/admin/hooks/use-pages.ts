/** A list a page at a time; cursors only lead forward, so the way back is remembered. */
import { useState } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** `key` names the list and what it is searched for: another key begins with its first page. */
export function usePages<T, P extends Page<T>>(key: string[], read: (cursor: string | null) => Promise<P & Page<T>>) {
  const name = key.join("\n");
  const [trail, setTrail] = useState<{ name: string; cursors: string[] }>({ name, cursors: [] });
  const cursors = trail.name === name ? trail.cursors : [];
  const cursor = cursors.at(-1) ?? null;
  const query = useQuery({
    queryKey: [...key, cursor],
    queryFn: () => read(cursor),
    placeholderData: keepPreviousData,
  });
  const next = query.data?.nextCursor ?? null;
  const go = (to: string[]) => () => setTrail({ name, cursors: to });
  return {
    query,
    items: query.data?.items ?? [],
    goOlder: next === null ? null : go([...cursors, next]),
    goNewer: cursor === null ? null : go(cursors.slice(0, -1)),
  };
}
