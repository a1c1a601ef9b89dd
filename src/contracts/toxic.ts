import assert from "node:assert/strict";

import type { ToxicAttributes, ToxicType } from "../tcp-proxy/toxic.ts";
import { type Clause, describeClauses } from "./clause.ts";
import { openToxicBed, type ToxicBed } from "./toxic-bed.ts";

/**
 * A toxic with some attributes, and what it says that it does to a direction.
 *
 * @example { attributes: { latency: 50, jitter: 10 }, bytes: "all", end: "passed", removal: "gives-back" }
 */
export type ToxicSample = {
  readonly attributes: ToxicAttributes;
  /** What comes out if it is left alone: the same bytes, as many bytes with other contents, only the first of them, none. */
  readonly bytes: "all" | "as-many" | "a-beginning" | "none";
  /** `passed`: an end comes out behind the bytes. `kept`: never by itself. `stopped`: it stops the whole connection. */
  readonly end: "passed" | "kept" | "stopped";
  /**
   * What becomes of the direction when it is taken out in the middle: it goes on, and what was held comes out first; it
   * ends, because what was thrown away cannot come back; or what was begun is carried through.
   */
  readonly removal: "gives-back" | "ends" | "is-too-late";
};

/** A type of toxics with samples of each way in which it behaves. */
export type ToxicSubject = { readonly type: ToxicType; readonly samples: readonly ToxicSample[] };

/** Longer than any sample needs to come to its end. */
const LONG_MS = 600_000;
/** What a toxic may hold before it pauses its source: Toxiproxy's latency holds 1024 chunks of 32 KiB. */
const HELD_BYTES_MAX = 32 * 1024 * 1024;
const FLOOD_CHUNK_BYTES = 64 * 1024;
const FLOOD_CHUNKS = 1_024;

/** Chunks of many sizes, in which no two places next to each other look alike. */
const CHUNKS: readonly Buffer[] = [1, 2, 3, 700, 1, 64, 1_500, 5, 9, 300, 2_000, 1].map((size, index) =>
  Buffer.from(Array.from({ length: size }, (_, place) => (place * 7 + index * 31) % 256)),
);
const ALL = Buffer.concat(CHUNKS);

function sendAll(bed: ToxicBed, chunks: readonly Buffer[] = CHUNKS): void {
  for (const chunk of chunks) bed.send(Buffer.from(chunk));
}

function checkBytes(out: Buffer, { bytes }: ToxicSample): void {
  switch (bytes) {
    case "all":
      assert.ok(out.equals(ALL), `${out.length} bytes came out, not the ${ALL.length} that went in, in their order`);
      return;
    case "as-many":
      assert.equal(out.length, ALL.length);
      return;
    case "a-beginning":
      assert.ok(out.length < ALL.length, "everything came out");
      assert.ok(out.equals(ALL.subarray(0, out.length)), "what came out is not the beginning of what went in");
      return;
    case "none":
      assert.equal(out.length, 0);
  }
}

/** The same for each sample, so that a failure says which one it was. */
function ofEach(check: (type: ToxicType, sample: ToxicSample) => Promise<void> | void): Clause<ToxicSubject>["holds"] {
  return async ({ type, samples }) => {
    assert.ok(samples.length > 0, "a toxic without a sample is not judged at all");
    for (const sample of samples) {
      try {
        await check(type, sample);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`${type.type} ${JSON.stringify(sample.attributes)}: ${why}`, { cause: error });
      }
    }
  };
}

const hasEndOf = (bed: ToxicBed, { end }: ToxicSample): boolean =>
  end === "kept" ? bed.ending() === undefined : end === "passed" ? bed.ending() === "end" : bed.ending() !== undefined;

/** What every toxic owes to the link that it stands in. */
export const TOXIC_CONTRACT: readonly Clause<ToxicSubject>[] = [
  {
    title: "has attributes that are named once, with defaults within their bounds",
    holds({ type }) {
      const names = type.attributes.map(({ name }) => name);
      assert.deepEqual(names, [...new Set(names)]);
      for (const { name, default: value, least, most } of type.attributes) {
        assert.ok(least <= most, `${name} has no value between ${least} and ${most}`);
        assert.ok(value === undefined || (value >= least && value <= most), `the default of ${name} is out of bounds`);
      }
    },
  },
  {
    title: "lets through what it says, in order, and then the end, and leaves no timer",
    holds: ofEach(async (type, sample) => {
      const bed = openToxicBed(type, sample.attributes);
      sendAll(bed);
      bed.end();
      await bed.clock.advance(LONG_MS);
      checkBytes(bed.bytes(), sample);
      assert.ok(hasEndOf(bed, sample), `the end should be ${sample.end}, and it is ${bed.ending() ?? "kept"}`);
      assert.equal(bed.clock.timers(), 0, "a timer is still open");
    }),
  },
  {
    title: "does not care how the bytes are cut into chunks, or how far apart they come",
    holds: ofEach(async (type, sample) => {
      const bed = openToxicBed(type, sample.attributes);
      for (let start = 0; start < ALL.length; start += 97) {
        bed.send(Buffer.from(ALL.subarray(start, start + 97)));
        await bed.clock.advance(1);
      }
      bed.end();
      await bed.clock.advance(LONG_MS);
      checkBytes(bed.bytes(), sample);
    }),
  },
  {
    title: "leaves the buffers that it is given as they are: others hold them too",
    holds: ofEach(async (type, { attributes }) => {
      const bed = openToxicBed(type, attributes);
      const given = CHUNKS.map((chunk) => Buffer.from(chunk));
      for (const chunk of given) bed.send(chunk);
      await bed.clock.advance(LONG_MS);
      assert.ok(Buffer.concat(given).equals(ALL), "bytes were changed in the buffer that came from the source");
    }),
  },
  {
    title: "does the same again from the same seed, whatever other links do",
    holds: ofEach(async (type, { attributes }) => {
      const [alone, first, second] = [0, 1, 2].map(() => openToxicBed(type, attributes));
      assert.ok(alone !== undefined && first !== undefined && second !== undefined);
      for (const chunk of CHUNKS) for (const bed of [first, second]) bed.send(Buffer.from(chunk));
      sendAll(alone);
      for (const bed of [alone, first, second]) await bed.clock.advance(LONG_MS);
      assert.deepEqual(first.trace, alone.trace);
      assert.deepEqual(second.trace, alone.trace);
      assert.ok(first.bytes().equals(alone.bytes()), "the same chunks came out with other contents");
    }),
  },
  {
    title: "can be taken out at any time, gives back what it held, and leaves no timer",
    holds: ofEach(async (type, sample) => {
      for (const afterMs of [0, 1, 25, 120]) await removeAfter(type, sample, afterMs);
    }),
  },
  {
    title: "does what it says also where its attributes are set anew on a live link",
    holds: ofEach(async (type, sample) => {
      const bed = openToxicBed(type, sample.attributes);
      sendAll(bed, CHUNKS.slice(0, 5));
      await bed.clock.advance(3);
      bed.change({ ...sample.attributes });
      sendAll(bed, CHUNKS.slice(5));
      bed.end();
      await bed.clock.advance(LONG_MS);
      // One whose place depends on where it met the link may meet it anew.
      if (sample.bytes !== "a-beginning") checkBytes(bed.bytes(), sample);
      assert.equal(bed.clock.timers(), 0, "a timer is still open");
    }),
  },
  {
    title: "pauses its source before it holds more than 32 MiB",
    holds: ofEach((type, sample) => {
      if (sample.bytes !== "all" && sample.bytes !== "as-many") return;
      const bed = openToxicBed(type, sample.attributes);
      const chunk = Buffer.alloc(FLOOD_CHUNK_BYTES);
      for (let count = 0; count < FLOOD_CHUNKS; count += 1) bed.send(chunk);
      assert.ok(bed.heldBytes() <= HELD_BYTES_MAX + FLOOD_CHUNK_BYTES, `it holds ${bed.heldBytes()} bytes`);
      bed.remove();
    }),
  },
];

async function removeAfter(type: ToxicType, sample: ToxicSample, afterMs: number): Promise<void> {
  const bed = openToxicBed(type, sample.attributes);
  sendAll(bed, CHUNKS.slice(0, 5));
  await bed.clock.advance(afterMs);
  const wasOver = bed.ending() !== undefined;
  bed.remove();
  if (sample.removal !== "is-too-late") assert.equal(bed.clock.timers(), 0, "a timer outlives its removal");
  sendAll(bed, CHUNKS.slice(5));
  bed.end();
  await bed.clock.advance(LONG_MS);
  assert.equal(bed.clock.timers(), 0, "a timer is still open");
  if (wasOver || sample.removal === "is-too-late") return;
  assert.equal(bed.ending(), "end");
  if (sample.removal === "ends") checkBytes(bed.bytes(), sample);
  else checkBytes(bed.bytes(), { ...sample, bytes: sample.bytes === "as-many" ? "as-many" : "all" });
}

/**
 * Declares the contract of toxics for one type. Each way in which it behaves should have a sample.
 *
 * @example describeToxic(latency, [{ attributes: { latency: 50, jitter: 10 }, bytes: "all", end: "passed", removal: "gives-back" }]);
 */
export function describeToxic(type: ToxicType, samples: readonly ToxicSample[]): void {
  describeClauses(`the toxic "${type.type}"`, TOXIC_CONTRACT, () => ({ type, samples }));
}
