import { describe, expect, it } from "vitest";

import { encodeServerCloseFrame, isSendableCloseCode } from "./close-codes.ts";
import { wsFrame } from "./ws-frame.test-support.ts";

describe("a close code", () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4000, 4999])("%i may be sent", (code) => {
    expect(isSendableCloseCode(code)).toBe(true);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, -1, 1000.5, Number.NaN, Infinity])(
    "%d may not",
    (code) => {
      expect(isSendableCloseCode(code)).toBe(false);
    },
  );
});

describe("a Close frame of a server", () => {
  it.each([
    [1000, ""],
    [1012, "service restart"],
    [4999, "é".repeat(61) + "x"],
  ])("is what ws would send: %i %j", (code, reason) => {
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
    expect(encodeServerCloseFrame(code, reason).equals(wsFrame(payload, { opcode: 8 }))).toBe(true);
  });
});
