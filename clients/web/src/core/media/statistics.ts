/** Live facts of the media connection, from the browser's own counters. */
import type { SessionStatistics } from "../types";
import type { Lines } from "./lines";
import type { Report } from "./reports";
import { chosenPair, numberIn, reportsOf } from "./reports";

export interface StatisticsReader {
  read(lines: Lines | null): Promise<SessionStatistics>;
}

interface Counters {
  atMs: number;
  sent: number;
  received: number;
}

/** Rates are over the time since the last reading. `labelOf` names the picture in a slot, by mid. */
export function createStatisticsReader(labelOf: (mid: string) => string | null): StatisticsReader {
  let last: Counters | null = null;
  return {
    async read(lines) {
      const reports = lines === null ? [] : await reportsOf(lines.connection);
      const pair = chosenPair(reports);
      const counters = { atMs: performance.now(), sent: numberIn(pair, "bytesSent"), received: numberIn(pair, "bytesReceived") };
      const before = last ?? counters;
      last = counters;
      return {
        roundTripMs: typeof pair?.["currentRoundTripTime"] === "number" ? pair["currentRoundTripTime"] * 1000 : null,
        transport: transportOf(reports, pair),
        sentBps: rate(counters.sent - before.sent, counters.atMs - before.atMs),
        receivedBps: rate(counters.received - before.received, counters.atMs - before.atMs),
        framesDecoded: framesDecoded(reports, labelOf),
      };
    },
  };
}

function transportOf(reports: Report[], pair: Report | undefined): SessionStatistics["transport"] {
  const protocol = reports.find(({ id }) => id === pair?.["localCandidateId"])?.["protocol"];
  return protocol === "udp" || protocol === "tcp" ? protocol : null;
}

function framesDecoded(reports: Report[], labelOf: (mid: string) => string | null): Record<string, number> {
  const frames: Record<string, number> = {};
  for (const report of reports) {
    if (report.type !== "inbound-rtp" || report["kind"] !== "video" || typeof report["mid"] !== "string") continue;
    const label = labelOf(report["mid"]);
    if (label !== null) frames[label] = numberIn(report, "framesDecoded");
  }
  return frames;
}

function rate(bytes: number, ms: number): number {
  return ms <= 0 || bytes < 0 ? 0 : Math.round((bytes * 8000) / ms);
}
