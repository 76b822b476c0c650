import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeSession, participant, self } from "../../testing/fake-session";
import type { FakeSession } from "../../testing/fake-session";
import { ProblemError } from "../problem";
import type { MeetingSession } from "../types";
import { createJourney } from "./journey";
import { READY_MS } from "./ready";
import type { Breakouts } from "./types";

const HOME = "p-self";

function breakouts(breakoutId: string | null, part: Partial<Breakouts> = {}): Breakouts {
  return {
    status: "open",
    assignment: "manual",
    mayReturn: true,
    endsAt: null,
    here: null,
    rooms: [],
    places: [{ participantId: HOME, displayName: "Me", breakoutId, insideId: null }],
    ...part,
  };
}

interface Travel {
  main: FakeSession;
  session: MeetingSession;
  /** What was opened, in order, and how the opening ends. */
  opened: { to: string | null; next: FakeSession; refuse: (error: unknown) => void; arrive: () => void }[];
  released: () => number;
}

function travel(): Travel {
  const main = fakeSession();
  const opened: Travel["opened"] = [];
  let released = 0;
  const session = createJourney({
    first: main,
    open: (to) =>
      new Promise((resolve, reject) => {
        const next = fakeSession({ phase: "joining", media: "connecting", breakouts: breakouts(to, { here: to }) });
        opened.push({ to, next, refuse: reject, arrive: () => resolve(next) });
      }),
    release: () => (released += 1),
  });
  return { main, session, opened, released: () => released };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

async function arrive({ opened }: Travel): Promise<FakeSession> {
  const { next, arrive: go } = opened.at(-1)!;
  go();
  await settle();
  next.view.patch({ phase: "live" });
  next.view.patch({ media: "connected" });
  await settle();
  return next;
}

describe("a journey through breakout rooms", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("shows the next room once it is ready, and leaves the former one after that", async () => {
    const journey = travel();
    const { main, session, opened } = journey;
    main.view.patch({ breakouts: breakouts("b-1") });
    expect(opened.map(({ to }) => to)).toEqual(["b-1"]);
    opened[0]!.arrive();
    await settle();
    opened[0]!.next.view.patch({ phase: "live" });
    await settle();
    expect(session.view.get().breakouts?.here).toBeNull();
    expect(main.calls).not.toContain("leave");
    opened[0]!.next.view.patch({ media: "connected" });
    await settle();
    expect(session.view.get().breakouts?.here).toBe("b-1");
    expect(main.calls).toContain("leave");
    session.react("👍");
    expect(opened[0]!.next.calls).toContain("react 👍");
  });

  it("waits for the first picture of somebody who is there", async () => {
    const { main, session, opened } = travel();
    main.view.patch({ breakouts: breakouts("b-1") });
    opened[0]!.arrive();
    await settle();
    const { next } = opened[0]!;
    const others = [self(), participant({ participantId: "p-7" })];
    next.view.patch({ phase: "live", media: "connected", participants: others });
    await vi.advanceTimersByTimeAsync(READY_MS / 2);
    expect(session.view.get().breakouts?.here).toBeNull();
    next.tracks.set("p-7-camera", { muted: false } as MediaStreamTrack);
    await vi.advanceTimersByTimeAsync(100);
    expect(session.view.get().breakouts?.here).toBe("b-1");
  });

  it("shows a room without media after a while", async () => {
    const { main, session, opened } = travel();
    main.view.patch({ breakouts: breakouts("b-1") });
    opened[0]!.arrive();
    await settle();
    opened[0]!.next.view.patch({ phase: "live" });
    await vi.advanceTimersByTimeAsync(READY_MS);
    expect(session.view.get().breakouts?.here).toBe("b-1");
  });

  it("comes back when the rooms are closing, and when a room is suddenly gone", async () => {
    for (const end of [
      (room: FakeSession) => room.view.patch({ breakouts: breakouts("b-1", { status: "returning", here: "b-1" }) }),
      (room: FakeSession) => room.view.patch({ phase: "ended", endReason: "ended" }),
    ]) {
      const journey = travel();
      journey.main.view.patch({ breakouts: breakouts("b-1") });
      const room = await arrive(journey);
      end(room);
      expect(journey.opened.at(-1)?.to).toBeNull();
      expect(journey.session.view.get().phase).not.toBe("ended");
      const home = await arrive(journey);
      home.view.patch({ breakouts: null });
      expect(journey.session.view.get()).toBe(home.view.get());
      expect(journey.released()).toBe(0);
    }
  });

  it("turns round when the place changes on the way", async () => {
    const { main, session, opened } = travel();
    main.view.patch({ breakouts: breakouts("b-1") });
    main.view.patch({ breakouts: breakouts("b-2") });
    for (const { next, arrive: go } of opened) {
      go();
      next.view.patch({ phase: "live", media: "connected" });
    }
    await settle();
    expect(session.view.get().breakouts?.here).toBe("b-2");
    expect(opened[0]!.next.calls).toContain("leave");
  });

  it("stays where it is when a room lets nobody in, and asks again when only the network failed", async () => {
    const { main, session, opened } = travel();
    main.view.patch({ breakouts: breakouts("b-1") });
    opened[0]!.refuse(new ProblemError({ code: "unavailable", status: 503 }));
    await vi.advanceTimersByTimeAsync(1100);
    expect(opened).toHaveLength(2);
    opened[1]!.refuse(new ProblemError({ code: "participant_banned", status: 403 }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(opened).toHaveLength(2);
    expect(session.view.get().phase).toBe("live");
    main.view.patch({ breakouts: breakouts("b-2") });
    expect(opened.at(-1)?.to).toBe("b-2");
  });

  it("ends where the way back is refused, and says why the room ended", async () => {
    const journey = travel();
    journey.main.view.patch({ breakouts: breakouts("b-1") });
    const room = await arrive(journey);
    room.view.patch({ phase: "ended", endReason: "loggedOut" });
    journey.opened.at(-1)!.refuse(new ProblemError({ code: "token_invalid", status: 401 }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(journey.opened).toHaveLength(2);
    expect(journey.session.view.get()).toMatchObject({ phase: "ended", endReason: "loggedOut" });
    expect(journey.released()).toBe(1);
  });

  it("ends once, with the devices, when the person leaves", async () => {
    const journey = travel();
    journey.main.view.patch({ breakouts: breakouts("b-1") });
    await arrive(journey);
    await journey.session.leave();
    expect(journey.session.view.get().phase).toBe("ended");
    expect(journey.released()).toBe(1);
  });
});
