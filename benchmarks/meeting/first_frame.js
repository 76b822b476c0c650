// In every page before its own scripts, after the probe of the end-to-end tests: when was Join pressed, when was
// the server's answer there, when was media connected, and when was a frame of somebody else shown first?
(() => {
  const times = { pressed: null, joined: null, connected: null, frame: null };
  window.__times = times;
  addEventListener("pointerdown", () => {
    if (times.frame === null) times.pressed = performance.now();
  }, true);

  const connections = () => window.__probe.kept.connections;
  const isRemote = (video) => {
    const tracks = video.srcObject?.getVideoTracks?.() ?? [];
    return tracks.some((track) => connections().some((pc) => pc.getReceivers().some((one) => one.track === track)));
  };
  const seen = new WeakSet();
  const watch = (video) => {
    video.requestVideoFrameCallback(() => {
      if (isRemote(video)) times.frame ??= performance.now();
      else watch(video);
    });
  };
  const look = () => {
    for (const video of document.querySelectorAll("video")) {
      if (!seen.has(video)) {
        seen.add(video);
        watch(video);
      }
    }
    if (times.connected === null && connections().some((pc) => pc.connectionState === "connected")) {
      times.connected = performance.now();
    }
    const join = performance.getEntriesByType("resource").find((entry) => entry.name.endsWith("/join"));
    if (join?.responseEnd) times.joined ??= join.responseEnd;
    if (times.frame === null) setTimeout(look, 5);
  };
  look();
})();
