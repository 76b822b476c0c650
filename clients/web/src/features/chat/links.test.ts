import { describe, expect, it } from "vitest";

import { splitLinks } from "./links";

const links = (body: string) => splitLinks(body).flatMap((part) => part.href ?? []);

describe("links in messages", () => {
  it("are found inside a sentence, without its punctuation", () => {
    expect(splitLinks("See https://example.org/a?b=1.")).toEqual([
      { text: "See ", href: null },
      { text: "https://example.org/a?b=1", href: "https://example.org/a?b=1" },
      { text: ".", href: null },
    ]);
  });

  it("end at Chinese punctuation", () => {
    expect(links("资料在https://example.org/资料，请看。")).toEqual(["https://example.org/资料"]);
  });

  it("keep brackets that belong to them", () => {
    expect(links("(https://example.org/wiki/A_(b))")).toEqual(["https://example.org/wiki/A_(b)"]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "https://", "<b>x</b>"])(
    "are never made of %s",
    (body) => {
      expect(links(body)).toEqual([]);
      expect(splitLinks(body).map((part) => part.text).join("")).toBe(body);
    },
  );

  it("lose nothing of the message", () => {
    const body = "a https://example.org b\nhttp://example.com/x) c";
    expect(splitLinks(body).map((part) => part.text).join("")).toBe(body);
  });
});
