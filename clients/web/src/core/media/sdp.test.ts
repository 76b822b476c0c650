import { describe, expect, it } from "vitest";

import { withOpusOptions } from "./sdp";

const SDP = [
  "v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;usedtx=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:3", "a=rtpmap:111 opus/48000/2",
  "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=rtpmap:96 VP8/90000", "",
].join("\r\n");

describe("opus options", () => {
  it("replace what the line said, and leave every other line alone", () => {
    const tuned = withOpusOptions(SDP, "0", { useinbandfec: 1, usedtx: 1 });
    expect(tuned).toContain("a=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\nm=audio");
    expect(tuned.slice(tuned.indexOf("a=mid:3"))).toBe(SDP.slice(SDP.indexOf("a=mid:3")));
  });

  it("are added where the line has none", () => {
    expect(withOpusOptions(SDP, "3", { stereo: 1 })).toContain("a=mid:3\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1\r\nm=video");
  });

  it("are not given to a line without opus", () => {
    expect(withOpusOptions(SDP, "1", { stereo: 1 })).toBe(SDP);
  });
});
