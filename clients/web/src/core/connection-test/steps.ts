/** The connection test: one step after the other, each told when it begins and when it ends. */
import { listDevices } from "../devices/capture";
import type { HttpClient } from "../http/client";
import type { ConnectionTestStep, Core } from "../types";
import { testMedia } from "./media";
import { testWebSocket } from "./websocket";

export function createConnectionTest(http: HttpClient): Core["testConnection"] {
  const steps: [ConnectionTestStep["step"], () => Promise<string>][] = [
    ["https", () => testHttps(http)],
    ["websocket", testWebSocket],
    ["devices", testDevices],
    ["udp", () => testMedia(http, "udp")],
    ["tcp", () => testMedia(http, "tcp")],
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

async function outcomeOf(step: ConnectionTestStep["step"], test: () => Promise<string>): Promise<ConnectionTestStep> {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  try {
    return { step, outcome: "passed", detail: await test(), durationMs: durationMs() };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { step, outcome: "failed", detail, durationMs: durationMs() };
  }
}

/** A page without HTTPS gets no microphone, except on localhost. */
async function testHttps(http: HttpClient): Promise<string> {
  await http.get("/config", { token: null });
  if (!window.isSecureContext) throw new Error(`${location.origin} is not a secure origin: no microphone, no camera`);
  return location.origin;
}

async function testDevices(): Promise<string> {
  const devices = await listDevices();
  const count = (kind: MediaDeviceKind): number => devices.filter((device) => device.kind === kind).length;
  if (count("audioinput") + count("videoinput") === 0) throw new Error("no microphone and no camera found");
  return `${count("audioinput")} / ${count("videoinput")} / ${count("audiooutput")}`;
}
