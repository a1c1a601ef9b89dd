import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { escapeXml, printXml } from "./xml.ts";

const anyText = fc.string({ unit: "binary", maxLength: 60 });

function unescape(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(/&(#(\d+)|\w+);/g, (_whole, name: string, code: string | undefined) =>
    code === undefined ? (named[name] ?? "?") : String.fromCodePoint(Number(code)),
  );
}

describe("an escaped text", () => {
  it("holds nothing that XML would read as markup or refuse", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const escaped = escapeXml(text);
        expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|apos|#9|#10|#13);)/);
        for (const character of escaped) {
          const code = character.codePointAt(0) ?? 0;
          expect(code >= 0x20 && code !== 0xfffe && code !== 0xffff && !(code >= 0xd800 && code <= 0xdfff)).toBe(true);
        }
      }),
    );
  });

  it("is the same text when it is read again, but for what XML cannot hold", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const readAgain = Array.from(unescape(escapeXml(text)));
        const wanted = Array.from(text);
        expect(readAgain).toHaveLength(wanted.length);
        expect(readAgain.every((character, index) => character === wanted[index] || character === "\uFFFD")).toBe(true);
      }),
    );
  });

  it("loses no letter, line end or emoji", () => {
    const text = 'a < b && "c"\n\tüñ — 🪑 \r\n';
    expect(unescape(escapeXml(text))).toBe(text);
  });
});

describe("a document", () => {
  it("is indented, with empty elements closed at once", () => {
    const root = {
      name: "a",
      attributes: { n: 1, t: "<" },
      children: [{ name: "b" }, { name: "c", children: ["x\ny"] }],
    };
    expect(printXml(root)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<a n="1" t="&lt;">\n  <b/>\n  <c>x&#10;y</c>\n</a>\n',
    );
  });
});
