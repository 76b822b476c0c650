/** Does media get through over one transport? A throw-away connection says so once DTLS is up. */
import type { HttpClient } from "../http/client";

const TIMEOUT_MS = 12_000;

/** Credentials for the relay that hold for a minute; nothing where there is no relay. */
export function loadRelays(http: HttpClient): Promise<RTCIceServer[]> {
  return http.get<RTCIceServer[]>("/test-connection/ice-servers", { token: null });
}

/** With `relays` everything goes through them; they reach the server over UDP. */
export async function testMedia(http: HttpClient, transport: "udp" | "tcp", relays?: RTCIceServer[]): Promise<string> {
  const relayed: RTCConfiguration = relays === undefined ? {} : { iceServers: relays, iceTransportPolicy: "relay" };
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...relayed });
  try {
    connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription();
    const sdp = connection.localDescription?.sdp ?? "";
    const answer = await http.post<{ sdp: string }>("/test-connection/media", { transport, sdp }, { token: null });
    const connected = waitConnected(connection);
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await connected;
    return (await remoteAddress(connection)) ?? transport.toUpperCase();
  } finally {
    connection.close();
  }
}

function waitConnected(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not connected within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "connected") resolve();
      else if (connection.connectionState === "failed") reject(new Error("no candidate answered"));
      else return;
      clearTimeout(timer);
    };
  });
}

/** The address of the server that the browser reached. */
async function remoteAddress(connection: RTCPeerConnection): Promise<string | null> {
  const reports: Record<string, unknown>[] = [];
  (await connection.getStats()).forEach((report: Record<string, unknown>) => reports.push(report));
  const pair = reports.find((report) => report["type"] === "candidate-pair" && report["state"] === "succeeded");
  const remote = reports.find((report) => report["id"] === pair?.["remoteCandidateId"]);
  return typeof remote?.["address"] === "string" ? `${remote["address"]}:${String(remote["port"])}` : null;
}
