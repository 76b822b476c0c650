/** The pass that other software gave its user as a way in: `/m/123456789#pass=…&name=…`. */

export interface Pass {
  code: string;
  name: string;
}

type Address = Pick<Location, "hash" | "pathname" | "search">;

/** Takes a pass out of the address, so that nobody copies it, and keeps it for this page being loaded again. */
export function takePass(reference: string, address: Address, history: Pick<History, "replaceState">, kept: Storage): Pass | null {
  const key = `meeting.pass.${reference}`;
  const found = new URLSearchParams(address.hash.replace(/^#/u, ""));
  const code = found.get("pass");
  if (code !== null && code !== "") {
    kept.setItem(key, JSON.stringify({ code, name: found.get("name") ?? "" }));
    history.replaceState(null, "", address.pathname + address.search);
  }
  const stored = kept.getItem(key);
  return stored === null ? null : (JSON.parse(stored) as Pass);
}
