/** The m-lines of the one negotiation, in their fixed order: four that send, three for sound, nine for pictures. */
import type { PublishedTrack } from "../protocol";
import type { Source } from "../types";

export interface Lines {
  connection: RTCPeerConnection;
  send: Record<Source, RTCRtpTransceiver>;
  audioSlots: RTCRtpTransceiver[];
  videoSlots: RTCRtpTransceiver[];
}

const AUDIO_SLOTS = 3;
const VIDEO_SLOTS = 9;

/** Three layers of one camera; at 1280×720 they are 180, 360 and 720 lines high. */
const CAMERA_LAYERS: RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
const SCREEN: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];

/** Every browser has VP8; what is left out only makes the offer longer. */
const VIDEO_CODECS = ["video/VP8", "video/H264", "video/VP9", "video/rtx"];

export function createLines(iceServers: RTCIceServer[]): Lines {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
  const sendOnly = (kind: "audio" | "video", sendEncodings: RTCRtpEncodingParameters[] = []): RTCRtpTransceiver =>
    connection.addTransceiver(kind, { direction: "sendonly", sendEncodings });
  const slots = (kind: "audio" | "video", count: number): RTCRtpTransceiver[] =>
    Array.from({ length: count }, () => connection.addTransceiver(kind, { direction: "recvonly" }));

  const lines = {
    connection,
    send: {
      microphone: sendOnly("audio"),
      camera: sendOnly("video", CAMERA_LAYERS),
      screen: sendOnly("video", SCREEN),
      screen_audio: sendOnly("audio"),
    },
    audioSlots: slots("audio", AUDIO_SLOTS),
    videoSlots: slots("video", VIDEO_SLOTS),
  };
  for (const transceiver of [lines.send.camera, lines.send.screen, ...lines.videoSlots]) preferCodecs(transceiver);
  return lines;
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
