/** The browser's own counters of a connection. */

export type Report = Record<string, unknown> & { id: string; type: string };

export async function reportsOf(connection: RTCPeerConnection): Promise<Report[]> {
  const reports: Report[] = [];
  (await connection.getStats()).forEach((report: Report) => reports.push(report));
  return reports;
}

/** The pair of addresses in use. Chromium names it in the transport; Firefox marks the pair itself. */
export function chosenPair(reports: readonly Report[]): Report | undefined {
  const transport = reports.find(({ type }) => type === "transport");
  const chosen = transport?.["selectedCandidatePairId"];
  return reports.find((report) => report.type === "candidate-pair" && (report.id === chosen || report["selected"] === true));
}

export function numberIn(report: Report | undefined, name: string): number {
  const value = report?.[name];
  return typeof value === "number" ? value : 0;
}
