import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../../determinism/random.ts";
import { clock, openTestBed, type TestBed } from "../loopback.test-support.ts";
import type { Link } from "../toxic.ts";
import { slicer } from "./slicer.ts";

describe("slicer", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("delivers the same bytes in many pieces", async () => {
    const { client, server } = await bed.connect();
    const attributes = { average_size: 100, size_variation: 20, delay: 1000 };
    await bed.addToxic("slicer", attributes, { stream: "upstream" });
    client.socket.end("0123456789".repeat(200));
    await server.seesEnd();
    expect(server.text()).toBe("0123456789".repeat(200));
    expect(server.chunks.length).toBeGreaterThan(8);
  });

  it("waits behind each piece", async () => {
    const { client, server } = await bed.connect();
    const attributes = { average_size: 10, size_variation: 0, delay: 20_000 };
    await bed.addToxic("slicer", attributes, { stream: "upstream" });
    const startedAtMs = clock.nowMs();
    client.socket.end("x".repeat(80));
    await server.seesEnd();
    expect(server.receivedAtMs - startedAtMs).toBeGreaterThanOrEqual(139);
  });

  it("sends the rest as one piece when it is removed", async () => {
    const { client, server } = await bed.connect();
    const attributes = { average_size: 1, size_variation: 0, delay: 60_000_000 };
    const toxic = await bed.addToxic("slicer", attributes, { stream: "upstream" });
    client.socket.end("abcdef");
    await server.hasText("a");
    await toxic.remove();
    await server.seesEnd();
    expect(server.text()).toBe("abcdef");
  });

  it("never loses, adds or reorders a byte, whatever the sizes", () => {
    const number = fc.integer({ min: -10, max: 300 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), number, number, (bytes, average, variation) => {
        const passed: Buffer[] = [];
        const toxic = slicer.create(
          { average_size: average, size_variation: variation, delay: 0 },
          { clock, random: createRandom(1) },
        );
        toxic.onChunk(Buffer.from(bytes), collectingLink(passed));
        expect(Buffer.concat(passed)).toStrictEqual(Buffer.from(bytes));
      }),
    );
  });

  it("cuts without variation as the real one does", () => {
    const passed: Buffer[] = [];
    const attributes = { average_size: 10, size_variation: 0, delay: 0 };
    const toxic = slicer.create(attributes, { clock, random: createRandom(1) });
    toxic.onChunk(Buffer.alloc(100), collectingLink(passed));
    expect(passed.map((piece) => piece.length)).toStrictEqual([6, 6, 6, 7, 6, 6, 6, 7, 6, 6, 6, 7, 6, 6, 6, 7]);
  });
});

function collectingLink(passed: Buffer[]): Link {
  const nothing = (): void => {};
  return {
    pass: (bytes) => passed.push(bytes),
    end: nothing,
    reset: nothing,
    stop: nothing,
    pauseSource: nothing,
    resumeSource: nothing,
  };
}
