import { describe, expect, it } from "vitest";

import { requestPathOf, splitHead, statusOf, withoutHeader } from "./http-head.ts";

describe("the head of an HTTP message", () => {
  const text = "GET /a/b?key=1 HTTP/1.1\r\nHost: x\r\nX-Two:  a:b \r\nx-two: c\r\n\r\nrest";

  function headOf(bytes: string): NonNullable<ReturnType<typeof splitHead>>["head"] {
    const split = splitHead(Buffer.from(bytes));
    if (split === undefined) throw new Error("no head");
    return split.head;
  }

  it("ends with its blank line", () => {
    const split = splitHead(Buffer.from(text));
    expect(split?.rest.toString()).toBe("rest");
    expect(split?.head.bytes.toString() + String(split?.rest)).toBe(text);
    for (let end = 0; end < text.indexOf("rest"); end += 1) {
      expect(splitHead(Buffer.from(text.slice(0, end)))).toBeUndefined();
    }
  });

  it("is read by lower-case names, and its path has no query", () => {
    const head = headOf(text);
    expect(Object.fromEntries(head.headers)).toEqual({ host: "x", "x-two": "c" });
    expect([requestPathOf(head), statusOf(head)]).toEqual(["/a/b", undefined]);
  });

  it("loses a header wherever it stands, and nothing else", () => {
    const bytes = withoutHeader(headOf(text), "x-two").bytes.toString();
    expect(bytes).toBe("GET /a/b?key=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const head = headOf(text);
    expect(withoutHeader(head, "absent")).toBe(head);
  });

  it("keeps every byte of what is no ASCII", () => {
    const bytes = Buffer.concat([
      Buffer.from("GET / HTTP/1.1\r\nA: "),
      Buffer.from([0xff, 0xe9]),
      Buffer.from("\r\nB: 1\r\n\r\n"),
    ]);
    const head = splitHead(bytes)?.head;
    const expected = Buffer.concat([bytes.subarray(0, bytes.indexOf("\r\nB")), Buffer.from("\r\n\r\n")]);
    expect(head === undefined ? undefined : withoutHeader(head, "b").bytes.equals(expected)).toBe(true);
  });

  it.each([
    ["HTTP/1.1 101 Switching Protocols", 101],
    ["HTTP/1.0 503", 503],
    ["HTTP/2 200", undefined],
    ["HTTP/1.1 1010 x", undefined],
    ["nonsense", undefined],
  ])("has a status where it is an answer: %s", (firstLine, status) => {
    expect(statusOf(headOf(`${firstLine}\r\n\r\n`))).toBe(status);
  });
});
