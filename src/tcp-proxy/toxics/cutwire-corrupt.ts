import type { Random } from "../../determinism/random.ts";
import { CONNECTION_ATTRIBUTE, type Toxic, type ToxicAttributes, type ToxicTools, type ToxicType } from "../toxic.ts";

const OFFSET_MOST = Number.MAX_SAFE_INTEGER;
const EVERY_DEFAULT = 1024;

/**
 * Changes bytes on their way; their number and order stay.
 *
 * Attributes: with `offset`, the `count` bytes (1 unless given) from that one on, counted from when the toxic met the
 * link; without it, one byte in every `every` bytes (1024), at a seeded place, as long as it is there. `mask` (1..255)
 * is what a byte is XORed with; without it one seeded bit is turned over. `connection` aims it at one connection.
 */
export const cutwireCorrupt: ToxicType = {
  type: "cutwire_corrupt",
  attributes: [
    { name: "offset", least: 0, most: OFFSET_MOST },
    { name: "count", least: 1, most: OFFSET_MOST },
    { name: "every", least: 1, most: 2 ** 30 },
    { name: "mask", least: 1, most: 255 },
    CONNECTION_ATTRIBUTE,
  ],
  create: createCorrupt,
};

function createCorrupt(attributes: ToxicAttributes, { random }: ToxicTools): Toxic {
  const targets = attributes["offset"] === undefined ? scattered(attributes, random) : inRow(attributes);
  let target = targets.next();
  let seenBytes = 0;
  return {
    onChunk(bytes, link) {
      const end = seenBytes + bytes.length;
      // The bytes are the socket's own buffer, which the interceptor may still hold: only a copy is changed.
      const changed = target !== undefined && target < end ? Buffer.from(bytes) : bytes;
      while (target !== undefined && target < end) {
        const at = target - seenBytes;
        changed.writeUInt8(changed.readUInt8(at) ^ (attributes["mask"] ?? 1 << random.integer(0, 7)), at);
        target = targets.next();
      }
      seenBytes = end;
      link.pass(changed);
    },
    onEnd: (link) => link.end(),
  };
}

/** Where to strike, in rising order; undefined when there is nothing left to strike. */
type Targets = { next(): number | undefined };

function inRow({ offset = 0, count = 1 }: ToxicAttributes): Targets {
  let done = 0;
  return {
    next() {
      done += 1;
      return done > count ? undefined : offset + done - 1;
    },
  };
}

function scattered({ every = EVERY_DEFAULT }: ToxicAttributes, random: Random): Targets {
  let start = 0;
  return {
    next() {
      const target = start + random.integer(0, every - 1);
      start += every;
      return target;
    },
  };
}
