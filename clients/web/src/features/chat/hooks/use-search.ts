/** Finds messages while the person types, a moment after the last key. */
import { useEffect, useState } from "react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { useCore } from "../../../ui/core";

const PAUSE_MS = 300;

export function useSearch(meetingId: string | null, words: string) {
  const { talk } = useCore();
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words]);
  const query = useInfiniteQuery({
    queryKey: ["chat-search", meetingId, asked],
    queryFn: ({ pageParam }) => talk.search(meetingId ?? "", asked, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: meetingId !== null && asked !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  return {
    isAsked: asked !== "",
    isLoading: query.isFetching,
    found: asked === "" || query.isError ? [] : (query.data?.pages.flatMap((page) => page.items) ?? []),
    hasMore: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
  };
}
