/** Tells when the browser says that its network changes; not every browser does, nor at every change. */

export function watchNetwork(onChange: () => void): () => void {
  // Absent in Firefox and Safari.
  const { connection } = navigator as { connection?: EventTarget };
  const stop = new AbortController();
  connection?.addEventListener("change", onChange, { signal: stop.signal });
  for (const name of ["online", "offline"]) window.addEventListener(name, onChange, { signal: stop.signal });
  return () => stop.abort();
}
