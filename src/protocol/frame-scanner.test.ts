import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createFrameScanner, OPCODE, type ScannedFrame } from "./frame-scanner.ts";
import { wsFrame } from "./ws-frame.test-support.ts";

const KEEP_ALL = 2 ** 31;
const runs = process.env["HARNESS_FULL"] === undefined ? 300 : 10_000;

type Sent = { opcode: number; isFinal: boolean; mask: boolean; payload: Buffer };

// All three forms of a length, and their borders (RFC 6455 §5.2).
const sizes = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 140 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537) },
  { weight: 1, arbitrary: fc.integer({ min: 141, max: 70_000 }) },
);
const frames = fc.record({
  opcode: fc.constantFrom(...Object.values(OPCODE), 3, 11),
  isFinal: fc.boolean(),
  mask: fc.boolean(),
  payload: fc.tuple(sizes, fc.integer({ min: 1, max: 255 })).map(([size, seed]) => payloadOf(size, seed)),
});

function payloadOf(size: number, seed: number): Buffer {
  const pattern = Buffer.from(Array.from({ length: 251 }, (_, index) => (index * seed + seed) % 256));
  return Buffer.alloc(size, pattern);
}

function encode({ payload, opcode, isFinal, mask }: Sent): Buffer {
  return wsFrame(payload, { opcode, mask, fin: isFinal });
}

/** Cuts bytes at the given places, each a share of the whole. */
function cut(bytes: Buffer, shares: readonly number[]): readonly Buffer[] {
  const places = [0, ...shares.map((share) => Math.floor(share * bytes.length)), bytes.length].toSorted(
    (left, right) => left - right,
  );
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** What a frame is, in one value that compares fast. */
function describeFrame({ payload, ...frame }: ScannedFrame): string {
  return JSON.stringify({ ...frame, payload: payload.toString("latin1") });
}

function expected(sent: readonly Sent[]): readonly string[] {
  let offset = 0;
  return sent.map((frame, index) => {
    const startOffset = offset;
    offset += encode(frame).length;
    const { opcode, isFinal, payload } = frame;
    const seen = { index, opcode, isFinal, startOffset, endOffset: offset, payloadSizeBytes: payload.length };
    return describeFrame({ ...seen, payload });
  });
}

describe("the frame scanner", () => {
  it(`finds what ws framed, in whatever pieces it comes (${runs} streams)`, () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 8 }), shares, (sent, places) => {
        const bytes = Buffer.concat(sent.map(encode));
        const scanner = createFrameScanner(KEEP_ALL);
        const found = cut(bytes, places).flatMap((piece) => scanner.push(piece));
        expect(found.map(describeFrame)).toEqual(expected(sent));
        expect([scanner.offset(), scanner.isAtBoundary()]).toEqual([bytes.length, true]);
      }),
      { numRuns: runs, seed: 1 },
    );
  });

  it("finds it byte by byte, and stands at a boundary behind each frame alone", () => {
    const sent = [0, 5, 125, 126, 300].map((size) => ({
      opcode: OPCODE.text,
      isFinal: true,
      mask: size % 2 === 0,
      payload: payloadOf(size, 3),
    }));
    const bytes = Buffer.concat(sent.map(encode));
    const scanner = createFrameScanner(KEEP_ALL);
    const boundaries: number[] = [];
    const found: ScannedFrame[] = [];
    for (const byte of bytes) {
      found.push(...scanner.push(Buffer.from([byte])));
      if (scanner.isAtBoundary()) boundaries.push(scanner.offset());
    }
    expect(found.map(describeFrame)).toEqual(expected(sent));
    expect(boundaries).toEqual(found.map(({ endOffset }) => endOffset));
  });

  it("scans a payload over the bound without keeping it", () => {
    const bytes = Buffer.concat([wsFrame(payloadOf(101, 1), { mask: true }), wsFrame(payloadOf(100, 1))]);
    const found = createFrameScanner(100).push(bytes);
    expect(found.map(({ payload, payloadSizeBytes }) => [payload.length, payloadSizeBytes])).toEqual([
      [0, 101],
      [100, 100],
    ]);
  });

  it("takes a length in more bytes than it needs, as some peers write it", () => {
    const sixteen = Buffer.from([0x81, 126, 0, 2, 0x7b, 0x7d]);
    const sixtyFour = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 2, 0x7b, 0x7d]);
    const found = createFrameScanner(KEEP_ALL).push(Buffer.concat([sixteen, sixtyFour]));
    expect(found.map(({ endOffset, payload }) => [endOffset, payload.toString()])).toEqual([
      [6, "{}"],
      [18, "{}"],
    ]);
  });

  it("waits for ever, and keeps nothing, behind a length that cannot arrive", () => {
    const scanner = createFrameScanner(1_000);
    expect(scanner.push(Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255]))).toEqual([]);
    for (let round = 0; round < 100; round += 1) expect(scanner.push(Buffer.alloc(60_000))).toEqual([]);
    expect([scanner.offset(), scanner.isAtBoundary()]).toEqual([6_000_010, false]);
  });

  it("reads a chunk of very many tiny frames in time that grows with the chunk alone", () => {
    const tiny = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x89, 0])));
    const found = createFrameScanner(KEEP_ALL).push(tiny);
    expect(found).toHaveLength(100_000);
    expect(found.at(-1)).toMatchObject({ index: 99_999, opcode: OPCODE.ping, endOffset: 200_000 });
  });
});
