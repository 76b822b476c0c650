/** A meeting that a test directs: it sets the view, sends notices, and reads what was asked of the session. */
import type { BreakoutActions } from "../core/breakouts/types";
import type { ChatEntry, Poll } from "../core/talk/types";
import type { MeetingNotice, MeetingSession, MeetingView, Participant, PauseReason } from "../core/types";
import { fakeStore } from "./fake-store";
import type { FakeStore } from "./fake-store";
import type { Ban, FloorActions, MeetingOptions } from "../core/floor-types";

const SELF_ID = "p-self";

export function participant(part: Partial<Participant> & { participantId: string }): Participant {
  return {
    displayName: part.participantId,
    role: "attendee",
    isGuest: false,
    isSelf: false,
    presence: "connected",
    joinedAt: "2026-01-05T09:00:00Z",
    microphone: true,
    camera: true,
    screen: false,
    screenAudio: false,
    handRaisedAt: null,
    quality: "good",
    avatarUrl: null,
    ...part,
  };
}

export function self(part: Partial<Participant> = {}): Participant {
  return participant({ participantId: SELF_ID, displayName: "林小雨", role: "host", isSelf: true, ...part });
}

export function chatEntry(part: Partial<ChatEntry> & { messageId: string }): ChatEntry {
  return {
    seq: 1,
    participantId: "p-1",
    displayName: "Ada",
    body: "Hello",
    sentAt: "2026-01-05T09:05:00Z",
    isSelf: false,
    failed: null,
    version: 1,
    recipientId: null,
    recipientName: null,
    replyTo: null,
    editedAt: null,
    deletedAt: null,
    deletedBy: null,
    reactions: [],
    files: [],
    ...part,
  };
}

export function poll(part: Partial<Poll> & { pollId: string }): Poll {
  return {
    question: "Where shall we meet?",
    kind: "single",
    options: [
      { optionId: "o1", text: "北京" },
      { optionId: "o2", text: "Berlin" },
    ],
    anonymous: false,
    changeable: true,
    liveResults: false,
    isQuiz: false,
    phase: "open",
    creatorName: "Ada",
    voters: 0,
    counts: null,
    correct: null,
    choice: null,
    version: 1,
    ...part,
  };
}

export const OPTIONS: MeetingOptions = {
  lobby: "off",
  muteOnEntry: false,
  attendeesMayUnmute: true,
  attendeesMayShare: true,
  attendeesMayUseCamera: true,
  attendeesMayChat: "everyone",
  historyForLate: true,
  joinBeforeHost: true,
  lobbyOpensMin: 15,
};

const BAN: Ban = {
  participantId: "p-9",
  displayName: "Mallory",
  bannedBy: "林小雨",
  hasAccount: false,
  createdAt: "2026-01-05T09:20:00Z",
};

function fakeFloor(recorded: (name: string) => (...words: unknown[]) => Promise<void>): FloorActions {
  return {
    admit: recorded("admit"),
    admitAll: recorded("admitAll"),
    deny: recorded("deny"),
    sayToLobby: recorded("sayToLobby"),
    setRole: recorded("setRole"),
    rename: recorded("rename"),
    askToUnmute: recorded("askToUnmute"),
    lowerHand: recorded("lowerHand"),
    lowerHands: recorded("lowerHands"),
    muteAll: recorded("muteAll"),
    freeze: recorded("freeze"),
    spotlight: recorded("spotlight"),
    setOptions: (change) => recorded("setOptions")(JSON.stringify(change)),
    unban: recorded("unban"),
    bans: () => Promise.resolve([BAN]),
  };
}

function fakeBreakouts(recorded: (name: string) => (...words: unknown[]) => Promise<void>): BreakoutActions {
  return {
    createBreakouts: recorded("createBreakouts"),
    assignBreakouts: (places) => recorded("assignBreakouts")(JSON.stringify(places)),
    openBreakouts: recorded("openBreakouts"),
    extendBreakouts: recorded("extendBreakouts"),
    broadcastToBreakouts: recorded("broadcastToBreakouts"),
    askBreakoutHelp: recorded("askBreakoutHelp"),
    chooseBreakout: recorded("chooseBreakout"),
    closeBreakouts: recorded("closeBreakouts"),
  };
}

export interface FakeSession extends MeetingSession {
  view: FakeStore<MeetingView>;
  tilesChanged: FakeStore<number>;
  /** Every request, as "name argument argument". */
  calls: string[];
  notify(notice: MeetingNotice): void;
  tracks: Map<string, MediaStreamTrack>;
  /** Why the server holds pictures back, by "participant-source". */
  paused: Map<string, PauseReason>;
}

function fakeView(part: Partial<MeetingView> = {}): MeetingView {
  return {
    phase: "live",
    endReason: null,
    endProblem: null,
    meeting: {
      meetingId: "m-1",
      meetingNo: "123456789",
      title: "Weekly catch-up",
      hostName: "林小雨",
      locked: false,
      startedAt: "2026-01-05T09:00:00Z",
      options: OPTIONS,
      frozen: false,
      spotlight: null,
    },
    mayUnmute: [],
    lobby: { waiting: [], messages: [] },
    place: null,
    blocked: [],
    selfId: SELF_ID,
    role: "host",
    participants: [self()],
    pictures: {},
    speakers: [],
    chat: [],
    polls: [],
    breakouts: null,
    homeId: SELF_ID,
    media: "connected",
    screenSharing: false,
    ...part,
  };
}

export function fakeSession(part: Partial<MeetingView> = {}): FakeSession {
  const view = fakeStore(fakeView(part));
  const listeners = new Set<(notice: MeetingNotice) => void>();
  const calls: string[] = [];
  const tracks = new Map<string, MediaStreamTrack>();
  const paused = new Map<string, PauseReason>();
  const record = (...words: unknown[]) => {
    calls.push(words.join(" "));
  };
  const recorded = (name: string) => (...words: unknown[]) => {
    record(name, ...words);
    return Promise.resolve();
  };
  const updateSelf = (change: Partial<Participant>) =>
    view.patch({ participants: view.get().participants.map((person) => (person.isSelf ? { ...person, ...change } : person)) });
  return {
    view,
    calls,
    tracks,
    paused,
    tilesChanged: fakeStore(0),
    onNotice: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    notify: (notice) => listeners.forEach((listener) => listener(notice)),
    setTiles: (tiles) => record("setTiles", JSON.stringify(tiles)),
    videoTrack: (participantId, source) => tracks.get(`${participantId}-${source}`) ?? null,
    videoPause: (participantId, source) => paused.get(`${participantId}-${source}`) ?? null,
    sendChat: (body, extras = {}) => {
      record("sendChat", body, ...(Object.values(extras).some((extra) => extra !== undefined) ? [JSON.stringify(extras)] : []));
      const entry = chatEntry({ messageId: `own-${calls.length}`, seq: null, body, isSelf: true, displayName: "林小雨" });
      view.patch({ chat: [...view.get().chat, entry] });
    },
    retryChat: (messageId) => record("retryChat", messageId),
    react: (emoji) => record("react", emoji),
    raiseHand: (up) => {
      record("raiseHand", up);
      updateSelf({ handRaisedAt: up ? "2026-01-05T09:30:00Z" : null });
    },
    editChat: recorded("editChat"),
    deleteChat: recorded("deleteChat"),
    reactToChat: recorded("reactToChat"),
    startPoll: recorded("startPoll"),
    votePoll: recorded("votePoll"),
    closePoll: recorded("closePoll"),
    publishPoll: recorded("publishPoll"),
    startScreenShare: recorded("startScreenShare"),
    stopScreenShare: recorded("stopScreenShare"),
    muteParticipant: recorded("muteParticipant"),
    removeParticipant: recorded("removeParticipant"),
    lock: recorded("lock"),
    ...fakeFloor(recorded),
    ...fakeBreakouts(recorded),
    endForAll: () => {
      record("endForAll");
      view.patch({ phase: "ended", endReason: "ended" });
      return Promise.resolve();
    },
    leave: () => {
      record("leave");
      if (view.get().phase !== "ended") view.patch({ phase: "ended", endReason: "left" });
      return Promise.resolve();
    },
    statistics: () =>
      Promise.resolve({
        roundTripMs: 23.4,
        transport: "udp",
        sentBps: 1_240_000,
        receivedBps: 3_870_000,
        framesDecoded: { a: 12_400, b: 9_800 },
      }),
  };
}
