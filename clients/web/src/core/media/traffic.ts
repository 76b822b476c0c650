/** What comes and goes over the path that a connection has chosen. */
import type { Traffic } from "./path-watch";
import type { Report } from "./reports";
import { chosenPair, numberIn, reportsOf } from "./reports";

/** Null: no path is chosen, or the browser tells nothing. */
export async function readTraffic(connection: RTCPeerConnection): Promise<Traffic | null> {
  const reports = await reportsOf(connection).catch(() => []);
  const pair = chosenPair(reports);
  return pair === undefined ? null : { pair: pair.id, received: arrivals(pair), sent: packetsSent(reports) };
}

/** Firefox counts no checks, Safari no packets: what a browser does not count adds nothing. */
function arrivals(pair: Report): number {
  const counters = ["bytesReceived", "responsesReceived", "requestsReceived"];
  return counters.reduce((sum, name) => sum + numberIn(pair, name), 0);
}

function packetsSent(reports: readonly Report[]): number {
  const streams = reports.filter(({ type }) => type === "outbound-rtp");
  return streams.reduce((sum, stream) => sum + numberIn(stream, "packetsSent"), 0);
}
