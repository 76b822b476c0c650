import { describe, expect, it } from "vitest";

import { browserName } from "./browser-name";

describe("a browser's name", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox, Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1", "Safari, iOS"],
    ["python-httpx2/2.16", "python-httpx2/2.16"],
    [null, null],
  ])("%j is %j", (userAgent, name) => {
    expect(browserName(userAgent)).toBe(name);
  });
});
