/** Turns what happens once into toasts, floating reactions, and sentences for a screen reader. */
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { ChatEntry, MeetingNotice, Source } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { useFailures } from "../../../ui/attempt";
import { useIsHost, useSession } from "../../../ui/meeting";
import type { Panel } from "./use-panels";

export interface Toast {
  id: number;
  text: string;
  kind: "plain" | "warning" | "poll";
}

export interface FloatingReaction {
  id: number;
  emoji: string;
  name: string;
  /** Where it rises, 0..1 of the lane. */
  lane: number;
}

const TOAST_MS = 5000;
const REACTION_MS = 3600;
/** Arrivals within this time are one sentence. */
const GATHER_MS = 900;
const MAX_TOASTS = 3;
const MAX_REACTIONS = 20;

const BY_HOST: Record<Source, string> = {
  microphone: "room.notice.mutedByHost",
  camera: "room.notice.cameraStoppedByHost",
  screen: "room.notice.screenStoppedByHost",
  screen_audio: "room.notice.screenStoppedByHost",
};

/** A list whose entries leave by themselves. */
function useFading<T extends { id: number }>(lifeMs: number, limit: number) {
  const [items, setItems] = useState<T[]>([]);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const running = timers.current;
    return () => running.forEach((timer) => clearTimeout(timer));
  }, []);
  const add = useCallback(
    (item: T) => {
      setItems((old) => [...old, item].slice(-limit));
      const timer = setTimeout(() => {
        timers.current.delete(timer);
        setItems((old) => old.filter((other) => other.id !== item.id));
      }, lifeMs);
      timers.current.add(timer);
    },
    [lifeMs, limit],
  );
  return { items, add };
}

/** Names that arrive close together, handed on as one list. */
function useGathered(onGathered: (names: string[]) => void) {
  const names = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (name: string) => {
      names.current.push(name);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        onGathered(names.current.splice(0));
      }, GATHER_MS);
    },
    [onGathered],
  );
}

let lastId = 0;

export function useNotices(open: Panel | null): { toasts: Toast[]; reactions: FloatingReaction[] } {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const session = useSession();
  const isHost = useIsHost();
  const failures = useFailures();
  const toasts = useFading<Toast>(TOAST_MS, MAX_TOASTS);
  const reactions = useFading<FloatingReaction>(REACTION_MS, MAX_REACTIONS);
  const { add: addToast } = toasts;
  const { add: addReaction } = reactions;

  const say = useCallback((text: string, kind: Toast["kind"] = "plain") => addToast({ id: ++lastId, text, kind }), [addToast]);
  const sayNames = useCallback(
    (what: "joined" | "left", [first = "", ...rest]: string[]) =>
      say(
        rest.length === 0
          ? t(`room.notice.${what}`, { name: first })
          : t(`room.notice.${what}Many`, { name: first, count: rest.length }),
      ),
    [say, t],
  );
  const joined = useGathered(useCallback((names: string[]) => sayNames("joined", names), [sayNames]));
  const left = useGathered(useCallback((names: string[]) => sayNames("left", names), [sayNames]));

  const nameOf = (participantId: string) =>
    session.view.get().participants.find((person) => person.participantId === participantId)?.displayName ?? "";
  const chatText = ({ displayName: name, body, files, recipientId }: ChatEntry) => {
    const text = body || (files[0]?.name ?? "");
    return recipientId === null ? t("room.notice.chat", { name, text }) : t("room.notice.chatPrivate", { name, text });
  };
  const show = (notice: MeetingNotice): void => {
    switch (notice.type) {
      case "joined":
        joined(notice.displayName);
        break;
      case "left":
        left(notice.displayName);
        break;
      case "muted_by_host":
        say(t(BY_HOST[notice.source]), "warning");
        break;
      case "muted_all":
        say(t("floor.notice.mutedAll"), "warning");
        break;
      case "frozen":
        say(notice.frozen ? t("floor.notice.frozen") : t("floor.notice.thawed"), "warning");
        break;
      case "role":
        say(t(`floor.notice.roles.${notice.role}`));
        break;
      case "asked_to_unmute":
        break; // a dialog asks
      case "breakout_said":
        say(t("breakouts.notice.said", { name: notice.displayName, text: notice.body }));
        break;
      case "breakout_help":
        if (isHost) say(t("breakouts.notice.help", { name: notice.displayName, room: notice.title }), "warning");
        break;
      case "problem":
        say(textOf(notice.problem), "warning");
        break;
      case "chat":
        if (open !== "chat" && !notice.entry.isSelf) say(chatText(notice.entry));
        break;
      case "poll":
        if (open !== "polls") say(t("room.notice.poll", { question: notice.poll.question }), "poll");
        break;
      case "reaction":
        addReaction({ id: ++lastId, emoji: notice.emoji, name: nameOf(notice.participantId), lane: Math.random() });
    }
  };
  const latest = useRef(show);
  useEffect(() => {
    latest.current = show;
  });
  useEffect(() => session.onNotice((notice) => latest.current(notice)), [session]);
  useEffect(() => failures.listen((error) => say(textOf(error), "warning")), [failures, say, textOf]);

  return { toasts: toasts.items, reactions: reactions.items };
}
