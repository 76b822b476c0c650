/** The m-lines of the one negotiation, in their fixed order: four that send, three for sound, nine for pictures. */
import type { PublishedTrack } from "../protocol";
import type { Source } from "../types";
import { layersFor } from "./layers";

export interface Lines {
  connection: RTCPeerConnection;
  send: Record<Source, RTCRtpTransceiver>;
  audioSlots: RTCRtpTransceiver[];
  videoSlots: RTCRtpTransceiver[];
}

const AUDIO_SLOTS = 3;
const VIDEO_SLOTS = 9;

const USUAL_HEIGHT = 720;
const SCREEN: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];

/** Every browser has VP8; what is left out only makes the offer longer. */
const VIDEO_CODECS = ["video/VP8", "video/H264", "video/VP9", "video/rtx"];

export function createLines(iceServers: RTCIceServer[]): Lines {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers, iceTransportPolicy: wantedPolicy() });
  const sendOnly = (kind: "audio" | "video", sendEncodings: RTCRtpEncodingParameters[] = []): RTCRtpTransceiver =>
    connection.addTransceiver(kind, { direction: "sendonly", sendEncodings });
  const slots = (kind: "audio" | "video", count: number): RTCRtpTransceiver[] =>
    Array.from({ length: count }, () => connection.addTransceiver(kind, { direction: "recvonly" }));

  const lines = {
    connection,
    send: {
      microphone: sendOnly("audio"),
      camera: sendOnly("video", layersFor(USUAL_HEIGHT)),
      screen: sendOnly("video", SCREEN),
      screen_audio: sendOnly("audio"),
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

/** Sends a track, or nothing, on the line of its source; a camera in as many layers as it is worth. */
export async function sendTrack({ send }: Lines, source: Source, track: MediaStreamTrack | null): Promise<void> {
  const { sender } = send[source];
  if (source === "camera" && track !== null) await fitLayers(sender, track);
  await sender.replaceTrack(track);
}

async function fitLayers(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
  const { width = 0, height = USUAL_HEIGHT } = track.getSettings();
  const layers = layersFor(width === 0 ? height : Math.min(width, height)); // a phone held upright has 720 columns
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) Object.assign(encoding, layers.find(({ rid }) => rid === encoding.rid));
  // Firefox takes no parameters before the first negotiation: then the usual layers stay.
  await sender.setParameters(parameters).catch(() => undefined);
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
