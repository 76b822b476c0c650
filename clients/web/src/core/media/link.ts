/** The media connection to the server through all its lives: offered once, mended, replaced. */
import type { MediaAnswer, MediaLayers, MediaOffer } from "../protocol";
import { ProblemError } from "../problem";
import { createStore } from "../store";
import type { MeetingView, Source, Store } from "../types";
import type { Lines } from "./lines";
import { createLines, isPicture, midOf, publishedTracks, sendTrack } from "./lines";
import { watchNetwork } from "./network-hints";
import { PathWatch } from "./path-watch";
import type { Remedy } from "./recovery";
import { Recovery } from "./recovery";
import { withOpusOptions } from "./sdp";
import { readTraffic } from "./traffic";

export interface MediaLink {
  state: Store<MeetingView["media"]>;
  /** The present connection; another object after each rebuild. */
  lines: Store<Lines | null>;
  /** Grows with each connection. */
  generation(): number;
  /** Whether the present connection has ever been up: then its path can be mended. */
  wasUp(): boolean;
  /** What to send from now on; survives rebuilds. */
  setTrack(source: Source, track: MediaStreamTrack | null): void;
  /** Which layers of ours somebody wants; of another connection than the present one it says nothing. */
  wantLayers(wish: MediaLayers): void;
  signalingLive(media: "keep" | "ice_restart" | "rebuild"): void;
  signalingLost(): void;
  rebuild(): void;
  close(): void;
}

/** The way to the server that negotiates. */
export interface SignalingPath {
  offer(offer: MediaOffer): Promise<MediaAnswer>;
  /** Nothing comes over the media path: does signaling still work? Asking often is fine. */
  doubt(): void;
  /** Whether signaling is known to work: what goes out now is heard. */
  isSure(): boolean;
}

/** A look costs the browser about a millisecond. */
const TICK_MS = 150;
const SPEECH = { useinbandfec: 1, usedtx: 1 };
const SHARED_SOUND = { stereo: 1, "sprop-stereo": 1, maxaveragebitrate: 128_000 };

export function createMediaLink(iceServers: RTCIceServer[], signaling: SignalingPath): MediaLink {
  const state = createStore<MeetingView["media"]>("none");
  const lines = createStore<Lines | null>(null);
  const tracks: Record<Source, MediaStreamTrack | null> = { microphone: null, camera: null, screen: null, screen_audio: null };
  const recovery = new Recovery(Math.random);
  const watch = new PathWatch(Math.random);
  let generation = 0;
  let turn = 0;
  let described: Promise<void> = Promise.resolve();
  let offered = false;
  let negotiating = false;
  let wasUp = false;
  let live = false;
  let looking = false;
  const now = (): number => performance.now();
  const timer = setInterval(() => void look(), TICK_MS);
  const stopHints = watchNetwork(() => watch.hint(now()));

  async function look(): Promise<void> {
    const present = lines.get();
    if (present === null || looking) return;
    looking = true;
    const traffic = await readTraffic(present.connection);
    looking = false;
    if (present !== lines.get()) return;
    watch.see(traffic, now());
    mend();
  }

  function mend(): void {
    const path = watch.judge(now());
    if (path === "flowing") recovery.flow(now());
    else signaling.doubt();
    if (path === "dead" && !negotiating) recovery.lose(now());
    const remedy = live && offered && signaling.isSure() ? recovery.due(now()) : null;
    if (remedy !== null) apply(remedy);
  }

  function build(): Lines {
    lines.get()?.connection.close();
    generation++;
    offered = wasUp = false;
    watch.forget();
    const built = createLines(iceServers);
    built.connection.onconnectionstatechange = () => onState(built);
    placeAll(built);
    described = built.connection.setLocalDescription();
    described.catch(() => undefined); // whoever waits for it is told
    lines.set(built);
    return built;
  }

  function onState(from: Lines): void {
    if (from !== lines.get()) return;
    const { connectionState } = from.connection;
    if (connectionState === "connected") wasUp = true;
    if (connectionState === "disconnected") watch.hint(now());
    recovery.see(connectionState, now());
    showState(from);
  }

  function showState({ connection }: Lines): void {
    if (connection.connectionState === "connected") state.set("connected");
    else state.set(recovery.looksFailed ? "failed" : "connecting");
  }

  function placeAll(target: Lines): void {
    for (const source of Object.keys(tracks) as Source[]) place(target, source);
  }

  function place(target: Lines, source: Source): void {
    sendTrack(target, source, tracks[source]).catch(() => undefined); // closed meanwhile
  }

  function apply(remedy: Remedy): void {
    const present = lines.get();
    const restart = remedy === "restart" && present !== null && offered;
    void negotiate(restart || (present !== null && !offered) ? present : build(), restart);
  }

  /** A newer negotiation makes an older one void, whatever still comes of it. */
  async function negotiate(target: Lines, restart: boolean): Promise<void> {
    const mine = ++turn;
    offered = negotiating = true;
    recovery.begin(now());
    watch.begin(now());
    showState(target);
    try {
      if (restart) described = renewIce(target);
      await described;
      if (mine !== turn) return;
      placeAll(target); // the offer is fixed: from now on lines may rest
      const answer = await signaling.offer(describe(target, generation, restart));
      if (mine !== turn) return;
      await target.connection.setRemoteDescription({ type: "answer", sdp: tuned(target, answer.sdp) });
      placeAll(target); // Firefox takes layers only now, and an answer may wake what rested
      negotiating = false;
      watch.begin(now());
      // A mended connection need not have changed its state.
      if (target.connection.connectionState === "connected") onState(target);
    } catch (error) {
      if (mine !== turn) return;
      negotiating = false;
      if (isStale(error)) generation = Math.max(generation, secondsSince1970());
      recovery.fail(now());
    }
  }

  build(); // so that the offer is ready once signaling is
  return {
    state,
    lines,
    generation: () => generation,
    wasUp: () => wasUp,
    setTrack(source, track) {
      if (tracks[source] === track) return;
      tracks[source] = track;
      const present = lines.get();
      if (present !== null) place(present, source);
    },
    wantLayers(wish) {
      if (wish.generation === generation && isPicture(wish.source)) lines.get()?.senders[wish.source].want(wish.layers);
    },
    signalingLive(media) {
      live = true;
      // Both ways to the server were dead: the address is gone. A browser that restarts ICE clings to the old pair
      // of addresses for 3.5 s (Chromium: 2.5 s until it is not receiving, 1 s until another may be chosen).
      if (media === "rebuild" || watch.judge(now()) !== "flowing") apply("rebuild");
      else if (media === "ice_restart") apply("restart");
    },
    signalingLost() {
      live = false;
    },
    rebuild: () => apply("rebuild"),
    close() {
      turn++;
      clearInterval(timer);
      stopHints();
      lines.get()?.connection.close();
      lines.set(null);
      state.set("none");
    },
  };
}

function renewIce({ connection }: Lines): Promise<void> {
  connection.restartIce();
  return connection.setLocalDescription();
}

/** An earlier page of this device counted further than this one: go on from where nobody has been. */
function isStale(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "media_stale_generation";
}

function secondsSince1970(): number {
  return Math.floor(Date.now() / 1000);
}

function describe(lines: Lines, generation: number, restart: boolean): MediaOffer {
  return {
    generation,
    restart,
    sdp: lines.connection.localDescription?.sdp ?? "",
    publish: publishedTracks(lines),
    audio_slots: lines.audioSlots.map(midOf),
    video_slots: lines.videoSlots.map(midOf),
  };
}

function tuned({ send }: Lines, sdp: string): string {
  const speech = withOpusOptions(sdp, midOf(send.microphone), SPEECH);
  return withOpusOptions(speech, midOf(send.screen_audio), SHARED_SOUND);
}
