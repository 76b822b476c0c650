/** Sends a file with its progress, which `fetch` does not tell. */
import { camelize } from "../camelize";
import type { WireProblem } from "../problem";
import { ProblemError, problemFromWire } from "../problem";
import type { UploadOptions } from "./types";

export function uploadFile<T>(path: string, file: File, token: string | null, options: UploadOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1${path}`);
    if (token !== null) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) options.onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const answer = readJson(request.responseText);
      if (request.status < 300) resolve(camelize(answer) as T);
      else reject(problemFromWire(answer as WireProblem, request.status));
    });
    request.addEventListener("error", () => reject(new ProblemError({ code: "network", detail: `upload of ${file.size} bytes` })));
    request.addEventListener("abort", () => reject(new ProblemError({ code: "cancelled" })));
    options.signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
