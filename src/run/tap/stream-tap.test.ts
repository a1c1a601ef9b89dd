import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Anchor, EventAnchor } from "../../plan/trigger.ts";
import { createAnchorRegistry } from "../anchor-registry.ts";
import { type StreamStop, StreamTap } from "./stream-tap.ts";
import { byteAnchor, eventAnchor, frame } from "./wire-bed.test-support.ts";

type Message = { type: string; size: number; frames: number; hasPing: boolean };

const messages = fc.array(
  fc.record({
    type: fc.constantFrom("a", "b"),
    size: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(200)),
    frames: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 4 })),
    hasPing: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);
const anchors = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 600 }).map((sizeBytes) => byteAnchor(sizeBytes)),
    fc
      .record({
        type: fc.constantFrom("a", "b"),
        occurrence: fc.integer({ min: 1, max: 3 }),
        edge: fc.constantFrom("before" as const, "inside" as const, "after" as const),
        byteInFrame: fc.integer({ min: 1, max: 60 }),
      })
      .map(({ type, byteInFrame, ...more }): Anchor => {
        return eventAnchor(type, more.edge === "inside" ? { ...more, byteInFrame } : more);
      }),
  ),
  { maxLength: 5 },
);
const pieces = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 });

/** A message in as many frames as it says, with a ping before the last one of several. */
function encode({ type, size, frames, hasPing }: Message): Buffer {
  const text = JSON.stringify({ type, text: "x".repeat(size) });
  const share = Math.ceil(text.length / frames);
  const parts = Array.from({ length: frames }, (_, index) => {
    const fin = index === frames - 1;
    const part = frame(text.slice(index * share, (index + 1) * share), { fin, opcode: index === 0 ? 1 : 0 });
    return fin && hasPing && index > 0 ? Buffer.concat([frame("", { opcode: 9 }), part]) : part;
  });
  return Buffer.concat(parts);
}

/** Where an anchor lies in the bytes of the messages, by its definition alone; undefined where it does not. */
function offsetOf(anchor: Anchor, sent: readonly Message[]): number | undefined {
  const sizes = sent.map((message) => encode(message).length);
  const startOf = (index: number): number => sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  if (anchor.kind === "bytes") return anchor.sizeBytes <= startOf(sent.length) ? anchor.sizeBytes : undefined;
  const { type, occurrence, edge, byteInFrame = 1 } = anchor as EventAnchor;
  const index = sent.flatMap((message, at) => (message.type === type ? [at] : []))[occurrence - 1];
  if (index === undefined) return undefined;
  const size = sizes[index] ?? 0;
  const within = { before: 0, inside: Math.min(byteInFrame, size - 1), after: size };
  return startOf(index) + within[edge];
}

/** Plays bytes through a tap as the proxy's gate does: after each stop what was held comes again, first of all. */
function play(sent: readonly Message[], armed: readonly Anchor[], sizes: readonly number[]): [string, StreamStop[]] {
  const registry = createAnchorRegistry();
  for (const anchor of armed) registry.arm({ session: 0 }, anchor);
  const stops: StreamStop[] = [];
  const tap = new StreamTap({
    session: 0,
    connection: 0,
    direction: "to-client",
    anchors: registry,
    messageSizeBytesMax: 1_000_000,
    match: (unit) =>
      unit.kind === "message"
        ? registry.match({ session: 0, connection: 0, message: { direction: "to-client", type: unit.type } })
        : [],
    pass: () => ({ by: undefined }),
    keepsWhole: () => false,
    onStop: (stop) => void stops.push(stop),
  });
  const out: Buffer[] = [];
  const give = (bytes: Buffer): void => {
    let held: Buffer | undefined = bytes;
    while (held !== undefined && held.length > 0) {
      const answer = tap.take(held);
      out.push(answer.pass);
      held = answer.held;
    }
  };
  // The tap is asked once with what came behind the head, which may be nothing.
  out.push(tap.take(Buffer.alloc(0)).pass);
  let rest: Buffer = Buffer.concat(sent.map(encode));
  for (let round = 0; rest.length > 0; round += 1) {
    const size = sizes[round % sizes.length] ?? 1;
    give(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  out.push(tap.takeRest());
  return [Buffer.concat(out).toString("latin1"), stops];
}

describe("the tap of a stream", () => {
  it("stops at every anchor's own byte, in order, and passes every byte, whatever pieces it comes in", () => {
    fc.assert(
      fc.property(messages, anchors, pieces, (sent, armed, sizes) => {
        const [passed, stops] = play(sent, armed, sizes);
        expect(passed).toBe(Buffer.concat(sent.map(encode)).toString("latin1"));
        const reached = stops.flatMap(({ offset, hits }) => hits.map(() => offset));
        const expected = armed.flatMap((anchor) => offsetOf(anchor, sent) ?? []);
        expect(reached).toEqual(expected.toSorted((left, right) => left - right));
      }),
      { numRuns: process.env["HARNESS_FULL"] === undefined ? 1_000 : 50_000, seed: 1 },
    );
  });
});
