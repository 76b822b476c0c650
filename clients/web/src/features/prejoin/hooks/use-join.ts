/** Knocks at the meeting: what is known of it, what is still asked for, and the joining itself. */
import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";

import type { JoinInput, MeetingSession } from "../../../core/types";
import { problemCode } from "../../../i18n/problem";
import { useCore, useStore } from "../../../ui/core";
import { takePass } from "../pass";

/** Where the name of a guest is kept. */
export const STORED_NAME = "meeting.name";
const WAITING = new Set(["before_time"]);
const ASK_AGAIN_MS = 10_000;
/** Refusals that trying again from this form can't change. */
const FINAL = new Set(["meeting_not_found", "meeting_ended", "participant_banned", "pass_invalid", "lobby_denied"]);

export function useJoin(reference: string, onJoined: (session: MeetingSession) => void) {
  const core = useCore();
  const user = useStore(core.account.user);
  const [typedName, setTypedName] = useState<string | null>(null);
  const [password, setPassword] = useState("");
  const [pass] = useState(() => takePass(reference, window.location, window.history, window.sessionStorage));
  const preview = useQuery({
    queryKey: ["preview", reference],
    queryFn: () => core.meetings.preview(reference),
    retry: false,
    // Who waits for the time sees by themselves that they may come.
    refetchInterval: ({ state }) => (WAITING.has(state.data?.entry ?? "open") ? ASK_AGAIN_MS : false),
  });
  const joining = useMutation({
    mutationFn: (input: JoinInput) => core.join(input),
    onSuccess: onJoined,
  });

  const accountName = user ? user.displayName : (localStorage.getItem(STORED_NAME) ?? "");
  const name = pass?.name !== undefined && pass.name !== "" ? pass.name : (typedName ?? accountName);
  const code = joining.error === null ? null : problemCode(joining.error);
  const signInNeeded = pass === null && user === false && (preview.data?.guestsAllowed === false || code === "sign_in_required");
  const asksPassword = code === "meeting_password_required" || code === "meeting_password_wrong";

  const join = () => {
    const displayName = name.trim();
    if (!user && pass === null) localStorage.setItem(STORED_NAME, displayName);
    const shown = pass === null ? {} : { passCode: pass.code };
    joining.mutate({ reference, displayName, ...(password !== "" && { password }), ...shown });
  };

  return {
    user,
    preview,
    name,
    setName: setTypedName,
    password,
    setPassword: (value: string) => {
      setPassword(value);
      if (asksPassword) joining.reset();
    },
    passwordNeeded: (preview.data?.hasPassword ?? false) || asksPassword || password !== "",
    signInNeeded,
    error: joining.error,
    errorCode: code,
    isFinal: code !== null && FINAL.has(code),
    isPending: joining.isPending || joining.isSuccess,
    join,
  };
}
