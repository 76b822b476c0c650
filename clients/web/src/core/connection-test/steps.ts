/** The connection test: one step after the other, each told when it begins and when it ends. */
import { listDevices } from "../devices/capture";
import type { HttpClient } from "../http/client";
import type { ConnectionTestStep, Core } from "../types";
import { loadRelays, testMedia } from "./media";
import { testWebSocket } from "./websocket";

type Finding = Pick<ConnectionTestStep, "detail" | "roundTripMs" | "counts"> & { outcome?: "skipped" };

export function createConnectionTest(http: HttpClient): Core["testConnection"] {
  const steps: [ConnectionTestStep["step"], () => Promise<Finding>][] = [
    ["https", async () => ({ detail: await testHttps(http) })],
    ["websocket", testSignaling],
    ["devices", testDevices],
    ["udp", async () => ({ detail: await testMedia(http, "udp") })],
    ["tcp", async () => ({ detail: await testMedia(http, "tcp") })],
    ["relay", () => testRelay(http)],
  ];
  return async (onStep) => {
    const results: ConnectionTestStep[] = [];
    for (const [step, test] of steps) {
      onStep({ step, outcome: "running", detail: "", durationMs: 0 });
      const result = await outcomeOf(step, test);
      onStep(result);
      results.push(result);
    }
    return results;
  };
}

async function outcomeOf(step: ConnectionTestStep["step"], test: () => Promise<Finding>): Promise<ConnectionTestStep> {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  try {
    return { step, outcome: "passed", ...(await test()), durationMs: durationMs() };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { step, outcome: "failed", detail, durationMs: durationMs() };
  }
}

/** Most servers have no relay, and nearly nobody needs one. */
async function testRelay(http: HttpClient): Promise<Finding> {
  const relays = await loadRelays(http);
  if (relays.length === 0) return { detail: "", outcome: "skipped" };
  await testMedia(http, "udp", relays);
  return { detail: relays.flatMap(({ urls }) => urls).join(", ") };
}

/** A page without HTTPS gets no microphone, except on localhost. */
async function testHttps(http: HttpClient): Promise<string> {
  await http.get("/config", { token: null });
  if (!window.isSecureContext) throw new Error(`${location.origin} is not a secure origin: no microphone, no camera`);
  return location.origin;
}

async function testSignaling(): Promise<Finding> {
  const roundTripMs = await testWebSocket();
  return { detail: `round trip ${roundTripMs} ms`, roundTripMs };
}

async function testDevices(): Promise<Finding> {
  const devices = await listDevices();
  const count = (kind: MediaDeviceKind): number => devices.filter((device) => device.kind === kind).length;
  const counts = { microphones: count("audioinput"), cameras: count("videoinput"), speakers: count("audiooutput") };
  if (counts.microphones + counts.cameras === 0) throw new Error("no microphone and no camera found");
  const detail = `microphones: ${counts.microphones}, cameras: ${counts.cameras}, speakers: ${counts.speakers}`;
  return { detail, counts };
}
