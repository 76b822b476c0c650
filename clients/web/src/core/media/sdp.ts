/** The few lines of SDP that have no other interface. Pure. */

/**
 * Asks the sender of one audio m-line for Opus options: browsers take them from the other side's `fmtp`.
 * Returns the description unchanged where the line has no Opus.
 */
export function withOpusOptions(sdp: string, mid: string, options: Record<string, number>): string {
  const sections = sdp.split(/(?=^m=)/m);
  return sections.map((section) => (hasMid(section, mid) ? extendOpus(section, options) : section)).join("");
}

function hasMid(section: string, mid: string): boolean {
  return section.split(/\r?\n/).includes(`a=mid:${mid}`);
}

function extendOpus(section: string, options: Record<string, number>): string {
  const payloadType = /^a=rtpmap:(\d+) opus\//im.exec(section)?.[1];
  if (payloadType === undefined) return section;
  const prefix = `a=fmtp:${payloadType} `;
  const added = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  const lines = section.split("\r\n");
  const at = lines.findIndex((line) => line.startsWith(prefix));
  if (at < 0) {
    const map = lines.findIndex((line) => line.startsWith(`a=rtpmap:${payloadType} `));
    return lines.toSpliced(map + 1, 0, prefix + added.join(";")).join("\r\n");
  }
  const kept = (lines[at] ?? "").slice(prefix.length).split(";").filter((option) => !isAmong(option, options));
  return lines.with(at, prefix + [...kept, ...added].join(";")).join("\r\n");
}

function isAmong(option: string, options: Record<string, number>): boolean {
  return (option.split("=")[0] ?? "").trim() in options;
}
