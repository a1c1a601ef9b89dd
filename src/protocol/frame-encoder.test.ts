import { describe, expect, it } from "vitest";

import { encodeServerFrame } from "./frame-encoder.ts";
import { OPCODE } from "./frame-scanner.ts";
import { wsFrame } from "./ws-frame.test-support.ts";

describe("a frame of a server", () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 100_000])("of %i bytes is the one that ws makes", (size) => {
    const payload = Buffer.alloc(size, "x");
    expect(encodeServerFrame({ opcode: OPCODE.text, payload }).equals(wsFrame(payload))).toBe(true);
  });

  it("can be a part of a message", () => {
    const payload = Buffer.from("part");
    const part = encodeServerFrame({ opcode: OPCODE.continuation, payload, isFinal: false });
    expect(part.equals(wsFrame(payload, { fin: false, opcode: OPCODE.continuation }))).toBe(true);
  });
});
