// Put into every page behind probe.js: what the browser counts, and the longest times without news.
(() => {
  const PERIOD_MS = 60;
  const KINDS = new Set(["inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "candidate-pair", "transport", "local-candidate"]);

  const present = () => window.__probe.kept.connections.filter((pc) => pc.signalingState !== "closed").at(-1);

  // Everything that is counted now, of the connection that lives.
  const read = async () => {
    const connection = present();
    const reports = [];
    if (connection) {
      (await connection.getStats()).forEach((report) => KINDS.has(report.type) && reports.push(report));
    }
    return {
      at_s: performance.now() / 1000,
      connections: window.__probe.kept.connections.length,
      state: connection?.connectionState ?? "none",
      reports,
    };
  };

  // When sound and pictures arrived: a time of each sample in which the count had grown.
  // A connection that takes another's place begins at nothing: only what grows is news.
  const news = { audio: [], video: [] };
  let counts = { audio: 0, video: 0 };
  let counted = null;
  const look = async () => {
    const connection = present();
    if (!connection) return;
    const sums = { audio: 0, video: 0 };
    (await connection.getStats()).forEach((report) => {
      if (report.type !== "inbound-rtp") return;
      sums[report.kind] += (report.kind === "audio" ? report.packetsReceived : report.framesDecoded) ?? 0;
    });
    if (connection !== counted) counts = { audio: 0, video: 0 };
    counted = connection;
    for (const kind of ["audio", "video"]) {
      if (sums[kind] > counts[kind]) news[kind].push(performance.now() / 1000);
    }
    counts = sums;
  };
  (async () => {
    for (;;) {
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    }
  })();

  // The longest time without news of a kind from `since` on, in seconds; the present one counts, too.
  const longestGap = (kind, since) => {
    const times = [since, ...news[kind].filter((time) => time > since), performance.now() / 1000];
    return Math.max(...times.slice(1).map((time, i) => time - times[i]));
  };

  // The first news of a kind at or after `since`, or null.
  const firstNews = (kind, since) => news[kind].find((time) => time >= since) ?? null;

  window.__watch = { read, longestGap, firstNews };
})();
