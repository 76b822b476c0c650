/** One meeting from the door to the end: pre-join, room, end page. */
import { Suspense, lazy, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { MeetingSession } from "../core/types";
import { EndPage } from "../features/end";
import { LobbyPage } from "../features/floor";
import { OwnPicture, PrejoinPage } from "../features/prejoin";
import { useCore, useSelected } from "../ui/core";
import { PageSpinner } from "../ui/spinner";

const loadRoom = async () => ({ default: (await import("../features/room")).Room });
const Room = lazy(loadRoom);

export function MeetingPage({ reference }: { reference: string }) {
  const { devices } = useCore();
  const [session, setSession] = useState<MeetingSession | null>(null);
  // The room's code comes while the person looks at their picture.
  useEffect(() => void loadRoom(), []);
  useEffect(() => {
    if (session === null) return;
    return () => void session.leave();
  }, [session]);
  useEffect(() => () => devices.release(), [devices]);
  if (session === null) return <PrejoinPage reference={reference} onJoined={setSession} />;
  return <Joined session={session} onRejoin={() => setSession(null)} />;
}

function Joined({ session, onRejoin }: { session: MeetingSession; onRejoin: () => void }) {
  const { t } = useTranslation();
  const { devices } = useCore();
  const reason = useSelected(session.view, (view) => (view.phase === "ended" ? (view.endReason ?? "left") : null));
  const problem = useSelected(session.view, (view) => view.endProblem);
  const isOver = reason !== null;
  useEffect(() => {
    if (isOver) devices.release();
  }, [isOver, devices]);
  const isWaiting = useSelected(session.view, (view) => view.phase === "waiting");
  if (isWaiting) return <LobbyPage session={session} preview={<OwnPicture />} />;
  if (reason !== null) return <EndPage {...{ reason, problem, onRejoin }} leaveUrl={session.leaveUrl ?? null} />;
  return (
    <Suspense fallback={<PageSpinner label={t("room.joining")} />}>
      <Room session={session} />
    </Suspense>
  );
}
