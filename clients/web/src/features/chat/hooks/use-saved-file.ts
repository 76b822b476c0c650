/** Files that only who is signed in to the meeting may fetch: as a picture of the page, or saved to the disk. */
import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { useCore } from "../../../ui/core";
import { save } from "../../../ui/save";

export function usePreview(meetingId: string | null, fileId: string, isPicture: boolean): string | null {
  const { talk } = useCore();
  const { data: picture } = useQuery({
    queryKey: ["chat-preview", meetingId, fileId],
    queryFn: () => talk.preview(meetingId ?? "", fileId),
    enabled: isPicture && meetingId !== null,
    staleTime: Infinity,
    retry: 1,
  });
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (picture === undefined) return;
    const made = URL.createObjectURL(picture);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return url;
}

export function useDownload(meetingId: string | null): (fileId: string, name: string) => Promise<void> {
  const { talk } = useCore();
  return async (fileId, name) => {
    if (meetingId !== null) save(await talk.download(meetingId, fileId), name);
  };
}
