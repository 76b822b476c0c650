/** A core that keeps everything in memory and does what a test says; it is no part of the product. */
import type { AdminUser, ConnectionTestStep, Core, DevicesState, JoinInput, MeetingPreview, MeetingSession, MeetingSummary, Problem, User } from "../core/types";
import { USER, fakeAdministration, fakeSecurity } from "./fake-account";
import { fakeSession } from "./fake-session";
import { fakeTalk } from "./fake-talk";
import type { FakeSession } from "./fake-session";
import { UNSCHEDULED, fakeRooms, fakeSchedule } from "./fake-schedule";
import type { FakePlans } from "./fake-schedule";
import { fakeStore } from "./fake-store";
import { fakeWebhooks } from "./fake-webhooks";
import type { FakeStore } from "./fake-store";

export { USER };

const OTHER: AdminUser = { ...USER, userId: "u-2", email: "bo@example.org", displayName: "Bo", disabledAt: null };

export function problem(code: string, part: Partial<Problem> = {}): Problem {
  return { code, status: 400, detail: code, errors: [], retryAfterS: null, traceId: null, ...part };
}

export function meeting(part: Partial<MeetingSummary> = {}): MeetingSummary {
  return {
    meetingId: "m-1",
    meetingNo: "123456789",
    title: "Weekly catch-up",
    status: "live",
    hostName: "林小雨",
    hasPassword: false,
    guestsAllowed: true,
    isHost: true,
    createdAt: "2026-01-05T09:00:00Z",
    startedAt: "2026-01-05T09:00:00Z",
    endedAt: null,
    participantCount: 3,
    joinUrl: "https://meet.example.org/m/123456789",
    ...UNSCHEDULED,
    ...part,
  };
}

function device(kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo {
  const info = { kind, deviceId, label, groupId: "g" };
  return { ...info, toJSON: () => info };
}

const DEVICES: DevicesState = {
  microphones: [device("audioinput", "mic-1", "MacBook Pro Microphone"), device("audioinput", "mic-2", "USB Microphone")],
  cameras: [device("videoinput", "cam-1", "FaceTime HD Camera"), device("videoinput", "cam-2", "USB Camera")],
  speakers: [device("audiooutput", "out-1", "MacBook Pro Speakers")],
  microphoneId: "mic-1",
  cameraId: "cam-1",
  speakerId: "out-1",
  microphoneOn: true,
  cameraOn: true,
  microphoneTrack: null,
  cameraTrack: null,
  microphoneProblem: null,
  cameraProblem: null,
};

const TEST_STEPS: ConnectionTestStep[] = [
  { step: "https", outcome: "passed", detail: "https://meet.example.org", durationMs: 1 },
  { step: "websocket", outcome: "passed", detail: "round trip 24 ms", roundTripMs: 24, durationMs: 61 },
  { step: "devices", outcome: "passed", detail: "2 microphones, 2 cameras", durationMs: 140 },
  { step: "udp", outcome: "failed", detail: "no connection within 5 s to 192.0.2.7:8800", durationMs: 5002 },
  { step: "tcp", outcome: "passed", detail: "192.0.2.7:8800", durationMs: 213 },
  { step: "relay", outcome: "skipped", detail: "", durationMs: 3 },
];

export interface FakeCore extends Core {
  user: FakeStore<User | false | null>;
  deviceState: FakeStore<DevicesState>;
  level: FakeStore<number>;
  session: FakeSession;
  /** Requests, as "name argument". */
  calls: string[];
  /** Thrown by the next request of this name. */
  failures: Map<string, Problem>;
  plans: FakePlans;
  preview: MeetingPreview;
}

export function fakeCore(user: User | false | null = USER, session: FakeSession = fakeSession()): FakeCore {
  const userStore = fakeStore<User | false | null>(user);
  const deviceState = fakeStore(DEVICES);
  const level = fakeStore(0);
  const calls: string[] = [];
  const failures = new Map<string, Problem>();
  const answer = async <T>(name: string, argument: unknown, value: T): Promise<T> => {
    calls.push(`${name} ${JSON.stringify(argument)}`);
    const failure = failures.get(name);
    failures.delete(name);
    // What the core throws are Problems, as types.ts says.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (failure !== undefined) throw failure;
    return Promise.resolve(value);
  };
  const signIn = async (name: string, input: unknown): Promise<User> => {
    const found = await answer(name, input, USER);
    userStore.set(found);
    return found;
  };
  const signOut = async (name: string): Promise<void> => {
    await answer(name, null, undefined);
    userStore.set(false);
  };
  const switchDevice = (part: Partial<DevicesState>): Promise<void> => {
    deviceState.patch(part);
    return Promise.resolve();
  };
  const plans: FakePlans = { upcoming: [meeting()], past: [], invitees: [], invitation: null, rooms: [], members: [] };
  const core: FakeCore = {
    user: userStore,
    deviceState,
    level,
    session,
    calls,
    failures,
    plans,
    preview: { ...meeting(), entry: "open" },
    account: {
      user: userStore,
      register: (input) => signIn("register", input),
      login: (input) => signIn("login", input),
      logout: () => signOut("logout"),
      logoutEverywhere: () => signOut("logoutEverywhere"),
      updateProfile: async (input) => {
        const changed = await answer("updateProfile", input, { ...USER, ...input } as User);
        userStore.set(changed);
        return changed;
      },
    },
    security: fakeSecurity(
      answer,
      (part) => userStore.set({ ...USER, ...(userStore.get() || {}), ...part }),
      () => userStore.set(false),
    ),
    administration: fakeAdministration(answer, [{ ...USER, disabledAt: null }, { ...OTHER }]),
    meetings: {
      create: (input) => answer("create", input, meeting()),
      preview: (reference) => answer("preview", reference, core.preview),
      end: (meetingId) => answer("end", meetingId, undefined),
    },
    webhooks: fakeWebhooks(answer),
    schedule: fakeSchedule(answer, plans, meeting),
    rooms: fakeRooms(answer, plans, meeting),
    talk: fakeTalk(answer),
    devices: {
      state: deviceState,
      level,
      setMicrophoneOn: (on) => switchDevice({ microphoneOn: on }),
      setCameraOn: (on) => switchDevice({ cameraOn: on }),
      chooseMicrophone: (id) => switchDevice({ microphoneId: id }),
      chooseCamera: (id) => switchDevice({ cameraId: id }),
      chooseSpeaker: (id) => switchDevice({ speakerId: id }),
      playTestSound: () => answer("playTestSound", null, undefined),
      release: () => {
        calls.push("release");
      },
    },
    join: (input: JoinInput) => answer<MeetingSession>("join", input, core.session),
    testConnection: async (onStep) => {
      for (const step of TEST_STEPS) {
        onStep({ ...step, outcome: "running", detail: "" });
        onStep(step);
      }
      return answer("testConnection", null, TEST_STEPS);
    },
  };
  return core;
}
