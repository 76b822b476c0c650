/** The media link on connections of a made-up browser, in virtual time. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { MediaAnswer, MediaOffer } from "../protocol";
import type { MediaLink } from "./link";
import { createMediaLink } from "./link";

class Sender {
  track: MediaStreamTrack | null = null;
  transport: object | null = null;
  constructor(public encodings: RTCRtpEncodingParameters[]) {}
  getParameters = () => ({ encodings: structuredClone(this.encodings) }) as RTCRtpSendParameters;
  setParameters = ({ encodings }: RTCRtpSendParameters) => {
    this.encodings = encodings;
    return Promise.resolve();
  };
  replaceTrack = (track: MediaStreamTrack | null) => {
    this.track = track;
    return Promise.resolve();
  };
}

class Connection {
  static all: Connection[] = [];
  connectionState = "new";
  localDescription = { sdp: "v=0" };
  onconnectionstatechange: (() => void) | null = null;
  restarts = 0;
  closed = false;
  /** Whether something arrives at each look. */
  flows = true;
  private received = 0;
  private sent = 0;
  private mids = 0;
  readonly senders: Sender[] = [];

  constructor() {
    Connection.all.push(this);
  }

  addTransceiver(_kind: string, { direction, sendEncodings = [] }: RTCRtpTransceiverInit) {
    const sender = new Sender(sendEncodings.length > 0 ? sendEncodings : [{ active: true }]);
    if (direction === "sendonly") this.senders.push(sender);
    return { mid: String(this.mids++), sender, receiver: {}, setCodecPreferences: () => undefined };
  }

  setLocalDescription = () => Promise.resolve();
  setRemoteDescription = () => {
    for (const sender of this.senders) sender.transport = {};
    return Promise.resolve();
  };
  restartIce = () => {
    this.restarts++;
  };
  close = () => void (this.closed = true);

  getStats() {
    if (this.flows) this.received += 100;
    this.sent += 10;
    const pair = { id: "pair", type: "candidate-pair", bytesReceived: this.received };
    const transport = { id: "t", type: "transport", selectedCandidatePairId: "pair" };
    const stream = { id: "o", type: "outbound-rtp", packetsSent: this.sent };
    return Promise.resolve(new Map([pair, transport, stream].map((each) => [each.id, each])));
  }

  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

const ANSWER: MediaAnswer = { generation: 1, sdp: "v=0" };

let link: MediaLink;
let offers: MediaOffer[];
let doubts: number;
let sure: boolean;
let answer: () => Promise<MediaAnswer>;

const present = (): Connection => Connection.all.at(-1)!;

beforeEach(async () => {
  vi.useFakeTimers();
  Connection.all = [];
  vi.stubGlobal("RTCPeerConnection", Connection);
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [] }) });
  vi.stubGlobal("location", { search: "" });
  vi.stubGlobal("window", new EventTarget());
  offers = [];
  doubts = 0;
  sure = true;
  answer = () => Promise.resolve(ANSWER);
  link = createMediaLink([], {
    offer(offer) {
      offers.push(offer);
      return answer();
    },
    doubt: () => doubts++,
    isSure: () => sure,
  });
  link.signalingLive("rebuild");
  await vi.advanceTimersByTimeAsync(50);
  present().become("connected");
  await vi.advanceTimersByTimeAsync(12_000);
  expect([offers.length, doubts]).toEqual([1, 0]);
});

afterEach(() => {
  link.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a path over which nothing comes any more", () => {
  beforeEach(() => {
    present().flows = false;
  });

  it("puts signaling in doubt within 0.6 s", async () => {
    await vi.advanceTimersByTimeAsync(600);
    expect(doubts).toBeGreaterThan(0);
    expect(offers).toHaveLength(1);
  });

  it("is mended when signaling is sure to live, once until that is answered", async () => {
    answer = () => new Promise(() => undefined);
    await vi.advanceTimersByTimeAsync(5900);
    expect(offers.map(({ generation, restart }) => [generation, restart])).toEqual([[1, false], [1, true]]);
    expect(Connection.all).toHaveLength(1);
  });

  it("is left alone while nobody knows whether signaling lives", async () => {
    sure = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(offers).toHaveLength(1);
  });

  it("is replaced at once when signaling came back over another socket", async () => {
    sure = false;
    await vi.advanceTimersByTimeAsync(800);
    link.signalingLost();
    link.signalingLive("keep");
    await vi.advanceTimersByTimeAsync(1);
    expect(offers.at(-1)).toMatchObject({ generation: 2, restart: false });
    expect(Connection.all.map(({ closed }) => closed)).toEqual([true, false]);
  });
});

it("a path that flows is left alone when signaling comes back", async () => {
  link.signalingLost();
  link.signalingLive("keep");
  await vi.advanceTimersByTimeAsync(2000);
  expect(offers).toHaveLength(1);
});

describe("a wish for layers", () => {
  const active = (line = 1) => present().senders[line]!.encodings.map((encoding) => encoding.active);

  beforeEach(async () => {
    link.setTrack("microphone", {} as MediaStreamTrack);
    link.setTrack("camera", { getSettings: () => ({ width: 1280, height: 720 }) } as MediaStreamTrack);
    await vi.advanceTimersByTimeAsync(1);
    expect(active()).toEqual([true, true, true]);
  });

  it("that comes twice does what it did once", async () => {
    for (let times = 0; times < 2; times++) link.wantLayers({ generation: 1, source: "camera", layers: 1 });
    await vi.advanceTimersByTimeAsync(1);
    expect(active()).toEqual([true, false, false]);
  });

  it("of another connection, or for what has no layers, changes nothing", async () => {
    link.wantLayers({ generation: 0, source: "camera", layers: 0 });
    link.wantLayers({ generation: 2, source: "camera", layers: 0 });
    link.wantLayers({ generation: 1, source: "microphone", layers: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect([active(0), active()]).toEqual([[true], [true, true, true]]);
  });
});
