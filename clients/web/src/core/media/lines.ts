/** The m-lines of the one negotiation, in their fixed order: four that send, three for sound, nine for pictures. */
import type { PublishedTrack } from "../protocol";
import type { Source } from "../types";
import { layersFor } from "./layers";
import { createTrackSender, USUAL_HEIGHT } from "./track-sender";
import type { TrackSender } from "./track-sender";

type VideoSource = "camera" | "screen";

export interface Lines {
  connection: RTCPeerConnection;
  send: Record<Source, RTCRtpTransceiver>;
  senders: Record<Source, TrackSender>;
  audioSlots: RTCRtpTransceiver[];
  videoSlots: RTCRtpTransceiver[];
}

const AUDIO_SLOTS = 3;
const VIDEO_SLOTS = 9;

const SCREEN: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];

/** Every browser has VP8; what is left out only makes the offer longer. */
const VIDEO_CODECS = ["video/VP8", "video/H264", "video/VP9", "video/AV1", "video/rtx"];

export function createLines(iceServers: RTCIceServer[]): Lines {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers, iceTransportPolicy: wantedPolicy() });
  const sendOnly = (kind: "audio" | "video", sendEncodings: RTCRtpEncodingParameters[] = []): RTCRtpTransceiver =>
    connection.addTransceiver(kind, { direction: "sendonly", sendEncodings });
  const slots = (kind: "audio" | "video", count: number): RTCRtpTransceiver[] =>
    Array.from({ length: count }, () => connection.addTransceiver(kind, { direction: "recvonly" }));

  const send = {
    microphone: sendOnly("audio"),
    camera: sendOnly("video", layersFor(USUAL_HEIGHT)),
    screen: sendOnly("video", SCREEN),
    screen_audio: sendOnly("audio"),
  };
  const lines = {
    connection,
    send,
    senders: {
      microphone: createTrackSender(send.microphone.sender, false),
      camera: createTrackSender(send.camera.sender, true),
      screen: createTrackSender(send.screen.sender, false),
      screen_audio: createTrackSender(send.screen_audio.sender, false),
    },
    audioSlots: slots("audio", AUDIO_SLOTS),
    videoSlots: slots("video", VIDEO_SLOTS),
  };
  for (const transceiver of [lines.send.camera, lines.send.screen, ...lines.videoSlots]) preferCodecs(transceiver);
  return lines;
}

/** `?ice=relay` at the page's address: everything goes through TURN, to find out whether that works. */
function wantedPolicy(): RTCIceTransportPolicy {
  return new URLSearchParams(location.search).get("ice") === "relay" ? "relay" : "all";
}

/** Sends a track, or nothing, on the line of its source. */
export function sendTrack({ senders }: Lines, source: Source, track: MediaStreamTrack | null): Promise<void> {
  return senders[source].place(track);
}

export function isPicture(source: Source): source is VideoSource {
  return source === "camera" || source === "screen";
}

/** Which m-line carries what; known once the local description is set. */
export function publishedTracks({ send }: Lines): PublishedTrack[] {
  return (Object.keys(send) as Source[]).map((source) => ({ mid: midOf(send[source]), source }));
}

export function midOf(transceiver: RTCRtpTransceiver): string {
  return transceiver.mid ?? "";
}

function preferCodecs(transceiver: RTCRtpTransceiver): void {
  const rank = (codec: RTCRtpCodec): number => VIDEO_CODECS.indexOf(codec.mimeType);
  const known = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  transceiver.setCodecPreferences(known.filter((codec) => rank(codec) >= 0).sort((a, b) => rank(a) - rank(b)));
}
