// Put into every page before its own scripts: keeps hold of connections, and samples pictures and sounds.
(() => {
  const kept = { connections: [], sockets: [] };
  const keep = (name, list) => {
    const Original = window[name];
    if (!Original) return;
    window[name] = new Proxy(Original, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget);
        list.push(made);
        return made;
      },
    });
  };
  keep("RTCPeerConnection", kept.connections);
  keep("WebSocket", kept.sockets);

  const hueOf = (r, g, b) => {
    const max = Math.max(r, g, b), min = Math.min(r, g, b), span = max - min;
    if (span < 40) return null;
    const sector = max === r ? ((g - b) / span + 6) % 6 : max === g ? (b - r) / span + 2 : (r - g) / span + 4;
    return sector * 60;
  };

  // Median hue of a picture's coloured pixels, and the brightness along one row: the walking bar moves it.
  const look = (video) => {
    if (!video || video.readyState < 2 || !video.videoWidth) return null;
    const canvas = document.createElement("canvas");
    canvas.width = 64;
    canvas.height = 36;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0, 64, 36);
    const { data } = context.getImageData(0, 0, 64, 36);
    const hues = [];
    for (let i = 0; i < data.length; i += 4) {
      const hue = hueOf(data[i], data[i + 1], data[i + 2]);
      if (hue !== null) hues.push(hue > 330 ? hue - 360 : hue);
    }
    hues.sort((a, b) => a - b);
    const brightness = (at) => data[at] + data[at + 1] + data[at + 2];
    const row = Array.from({ length: 64 }, (_, x) => brightness((18 * 64 + x) * 4));
    return { hue: hues.length > 100 ? hues[hues.length >> 1] : null, row, width: video.videoWidth };
  };

  // Whether the picture at `selector` has the hue, and has moved since this was asked first.
  const rows = {};
  const sees = (selector, hue, tolerance) => {
    const seen = look(document.querySelector(selector));
    if (!seen || seen.hue === null) return false;
    if (Math.abs(((seen.hue - hue + 540) % 360) - 180) > tolerance) return false;
    const first = (rows[selector] ??= seen.row);
    if (!first.some((value, i) => Math.abs(value - seen.row[i]) > 150)) return false;
    delete rows[selector];
    return true;
  };

  // Whether the picture at `selector` has shown some frames.
  const plays = (selector) => {
    const video = document.querySelector(selector);
    return Boolean(video?.videoWidth) && video.getVideoPlaybackQuality().totalVideoFrames > 5;
  };

  // For each live remote sound: the loudest tone within `ms`, in Hz and dB.
  let audio;
  const tones = async (ms) => {
    audio ??= new AudioContext();
    await audio.resume();
    const receivers = kept.connections
      .filter((pc) => pc.connectionState === "connected")
      .flatMap((pc) => pc.getReceivers())
      .filter((receiver) => receiver.track.kind === "audio" && receiver.track.readyState === "live");
    const ears = receivers.map((receiver) => {
      const source = audio.createMediaStreamSource(new MediaStream([receiver.track]));
      const analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 });
      source.connect(analyser);
      return { source, analyser, best: { hz: 0, db: -200 } };
    });
    const bins = new Float32Array(2048);
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const ear of ears) {
        ear.analyser.getFloatFrequencyData(bins);
        bins.forEach((db, i) => {
          if (db > ear.best.db) ear.best = { hz: (i * audio.sampleRate) / 4096, db };
        });
      }
    }
    ears.forEach((ear) => ear.source.disconnect());
    return ears.map((ear) => ear.best);
  };

  // Energy of each live remote sound so far, from the statistics: works without a sound card, too.
  const energies = async () => {
    const found = [];
    for (const connection of kept.connections) {
      if (connection.connectionState !== "connected") continue;
      (await connection.getStats()).forEach((entry) => {
        if (entry.type === "inbound-rtp" && entry.kind === "audio") found.push(entry.totalAudioEnergy ?? 0);
      });
    }
    return found;
  };

  window.__probe = { kept, look, sees, plays, tones, energies };
})();
