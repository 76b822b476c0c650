/** One meeting from join to end: signaling, room, media and devices wired together. */
import { createBreakoutCommands } from "../breakouts/commands";
import type { DeviceIdentity } from "../identity";
import type { Joined } from "../http/meetings";
import { likelyTiles } from "../media/layout";
import { createLayoutSender } from "../media/layout-sender";
import { createMediaLink } from "../media/link";
import { createPlayback } from "../media/playback";
import { createScreenShare } from "../media/screen-share";
import { createSlots } from "../media/slots";
import { createStatisticsReader } from "../media/statistics";
import { asProblem, isPassing } from "../problem";
import type { Ban } from "../floor-types";
import type { ChatMessage, MediaAnswer, MediaOffer, Resumed } from "../protocol";
import { moderates } from "../room/floor";
import { findParticipant } from "../room/state";
import { createSignalingClient } from "../signaling/client";
import { SignalingMachine } from "../signaling/machine";
import { createStore } from "../store";
import { createTalkCommands } from "../talk/commands";
import type { Devices, MeetingSession, Source, TileRequest } from "../types";
import { createOutgoing } from "./chat";
import { createFloorActions } from "./floor";
import { createLocalMedia } from "./local-media";
import { createNotices } from "./notices";
import { keepRights } from "./rights";
import { createRoomFeed } from "./room-feed";
import type { Phase } from "./view-store";
import { createViewStore } from "./view-store";

export interface SessionParts {
  joined: Joined;
  /** Who this person is in the main room. */
  homeId: string;
  /** From another room of the same meeting: nothing is switched off on the way. */
  isMove: boolean;
  identity: DeviceIdentity;
  devices: Devices;
  iceServers: RTCIceServer[];
  /** Once let in from the lobby: there, none are given. */
  fetchIceServers: () => Promise<RTCIceServer[]>;
  fetchBans: () => Promise<Ban[]>;
  /** Joins again over HTTP: a new ticket for the same participant. */
  rejoin: () => Promise<Joined>;
  /** Tells the server over HTTP that the person left, for when there is no socket. */
  tellLeft: () => Promise<void>;
}

const LAYOUT_RETRY_MS = 1000;

export function createMeetingSession(parts: SessionParts): MeetingSession {
  const { devices, identity } = parts;
  const phase = createStore<Phase>({ phase: "joining", endReason: null, endProblem: null });
  const notices = createNotices();
  const screen = createScreenShare();
  const machine = new SignalingMachine(identity.deviceId, Math.random, () => link.wasUp());
  /** Whether this session knows what of ours is on. */
  let isAnnounced = false;
  let hasEntered = parts.isMove;
  /** Null until the interface has shown somebody else: its first drawing may be empty. */
  let tiles: readonly TileRequest[] | null = null;

  /** Nobody gets a relay in the lobby. */
  let needsRelays = parts.joined.waiting === true;
  const iceServers = [...parts.iceServers];

  async function getRelays(): Promise<void> {
    needsRelays = false;
    iceServers.push(...(await parts.fetchIceServers().catch(() => [])));
  }

  function goOn(media: Resumed["media"]): void {
    link.signalingLive(media);
    if (!isAnnounced) queueMicrotask(local.announceAll); // the offer goes first, in this very turn
    isAnnounced = true;
  }

  const feed = createRoomFeed(parts.homeId, {
    notice: notices.tell,
    ownMessage: (message) => outgoing.confirm(message),
    mutedByHost: (source) => void switchOff(source),
    slots: (assignment) => slots.accept(assignment, link.generation()),
    layers: (wish) => link.wantLayers(wish),
    mediaRebuild: () => link.rebuild(),
  });
  const signaling = createSignalingClient(
    machine,
    {
      onSnapshot(snapshot, fresh) {
        feed.snapshot(snapshot);
        if (feed.room.get().place === null) enter();
        if (fresh) isAnnounced = false;
        else slots.replace(snapshot.slots);
      },
      onEvent: feed.event,
      onLive(media) {
        if (feed.room.get().place !== null) {
          phase.set({ phase: "waiting", endReason: null, endProblem: null });
          return;
        }
        phase.set({ phase: "live", endReason: null, endProblem: null });
        if (needsRelays) void getRelays().finally(() => goOn(media));
        else goOn(media);
      },
      onLost() {
        link.signalingLost();
        if (phase.get().phase === "live") phase.set({ phase: "reconnecting", endReason: null, endProblem: null });
      },
      onEnded(endReason, endProblem) {
        close();
        phase.set({ phase: "ended", endReason, endProblem });
      },
    },
    parts.rejoin,
  );
  signaling.start(parts.joined); // the socket opens while the rest is made
  const outgoing = createOutgoing(
    async (body, { to = null, replyTo, files = [] }) => {
      const file_ids = files.map(({ fileId }) => fileId);
      return (await signaling.send("chat.send", { body, to, reply_to: replyTo?.messageId ?? null, file_ids })) as ChatMessage | null;
    },
    feed.delivered,
  );
  const layout = createLayoutSender((wish) => {
    signaling.send("media.layout", wish).catch((error: unknown) => {
      if (isPassing(asProblem(error))) setTimeout(() => layout.repeat(), LAYOUT_RETRY_MS);
    });
  });
  const link = createMediaLink(iceServers, { offer: sendOffer, doubt: signaling.doubt, isSure: signaling.isSure });
  const slots = createSlots(link.lines);
  const playback = createPlayback(link.lines, devices.state);
  const statistics = createStatisticsReader(slots.labelOf);
  const rights = keepRights({ room: feed.room, devices, screen, switchOff, refuse: notices.tellProblem });
  const local = createLocalMedia(devices, screen, link, rights.blocked, (change) => {
    signaling.send("self.update", change).catch(ignoreLoss);
  });
  const unsubscribeTiles = feed.room.subscribe(showTiles);

  /** The layout follows the offer at once: the server takes commands in order. */
  async function sendOffer(offer: MediaOffer): Promise<MediaAnswer> {
    const answer = signaling.send("media.offer", offer);
    if (!offer.restart) layout.restart(offer.video_slots ?? []);
    return (await answer) as unknown as MediaAnswer;
  }

  /** Slots are few: only what somebody really sends gets one. */
  function showTiles(): void {
    const room = feed.room.get();
    const isSent = ({ participantId, source }: TileRequest): boolean =>
      participantId !== room.selfId && findParticipant(room, participantId)?.[source] === true;
    layout.want((tiles ?? likelyTiles(room)).filter(isSent));
  }

  /** The first time in the room, some meetings want everybody silent. */
  function enter(): void {
    if (hasEntered) return;
    hasEntered = true;
    const { meeting, selfId } = feed.room.get();
    const role = findParticipant(feed.room.get(), selfId ?? "")?.role;
    if (meeting?.options.mute_on_entry === true && role !== undefined && !moderates(role)) void switchOff("microphone");
  }

  async function switchOff(source: Source): Promise<void> {
    if (source === "microphone") await devices.setMicrophoneOn(false);
    else if (source === "camera") await devices.setCameraOn(false);
    else screen.stop();
  }

  /** A new session announces everything anew; other failures a person should know. */
  function ignoreLoss(error: unknown): void {
    if (asProblem(error).code !== "connection_lost") notices.tellProblem(error);
  }

  function close(): void {
    unsubscribeTiles();
    rights.close();
    window.removeEventListener("pagehide", onPageHide);
    layout.close();
    playback.close();
    local.close();
    link.close();
    devices.release();
    identity.release();
  }

  function onPageHide(event: PageTransitionEvent): void {
    if (!event.persisted) signaling.leave();
  }

  async function unlessEnded(answer: Promise<unknown>): Promise<void> {
    await answer.catch((error: unknown) => {
      if (phase.get().phase !== "ended") throw error;
    });
  }

  window.addEventListener("pagehide", onPageHide);
  return {
    ...createBreakoutCommands((type, data) => signaling.send(type, data)),
    ...createFloorActions(signaling, parts.fetchBans),
    view: createViewStore({ phase, room: feed.room, pending: outgoing.pending, media: link.state, screen: screen.tracks }),
    onNotice: notices.listen,
    setTiles(next) {
      const { selfId } = feed.room.get();
      if (tiles === null && next.every(({ participantId }) => participantId === selfId)) return;
      tiles = next;
      showTiles();
    },
    videoTrack: slots.trackOf,
    videoPause: slots.pauseOf,
    tilesChanged: slots.changed,
    ...createTalkCommands((type, data) => signaling.send(type, data)),
    sendChat: outgoing.send,
    retryChat: outgoing.retry,
    react: (emoji) => void signaling.send("reaction.send", { emoji }).catch(ignoreLoss),
    raiseHand: (up) => void signaling.send("self.update", { hand: up }).catch(ignoreLoss),
    startScreenShare: screen.start,
    stopScreenShare() {
      screen.stop();
      return Promise.resolve();
    },
    async muteParticipant(participantId, source) {
      await signaling.send("participant.mute", { participant_id: participantId, source });
    },
    async removeParticipant(participantId) {
      await signaling.send("participant.remove", { participant_id: participantId });
    },
    async lock(locked) {
      await signaling.send("meeting.lock", { locked });
    },
    endForAll: () => unlessEnded(signaling.send("meeting.end", {})),
    async leave() {
      const connected = ["live", "waiting"].includes(phase.get().phase);
      signaling.leave();
      if (!connected) await parts.tellLeft().catch(() => undefined);
    },
    statistics: () => statistics.read(link.lines.get()),
  };
}
