/** Does a WebSocket get through, both ways, and how fast? */

const TIMEOUT_MS = 8000;

export async function testWebSocket(): Promise<number> {
  const socket = new WebSocket(new URL("/ws/test-connection", location.href.replace(/^http/, "ws")));
  try {
    await settled(socket, "open");
    const sentAt = performance.now();
    const answer = settled(socket, "message");
    socket.send("hello");
    await answer;
    return Math.round(performance.now() - sentAt);
  } finally {
    socket.close();
  }
}

function settled(socket: WebSocket, event: "open" | "message"): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    signal.addEventListener("abort", () => reject(new Error(`no ${event} within ${TIMEOUT_MS / 1000} s`)));
    socket.addEventListener(event, () => resolve(), { signal });
    socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)), { signal });
  });
}
