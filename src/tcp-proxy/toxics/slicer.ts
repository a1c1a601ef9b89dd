import type { Timer } from "../../determinism/clock.ts";
import type { Random } from "../../determinism/random.ts";
import {
  delayMsOf,
  toxiproxyAttribute,
  type Link,
  type Toxic,
  type ToxicAttributes,
  type ToxicTools,
  type ToxicType,
} from "../toxic.ts";

/**
 * Cuts chunks into pieces of about `average_size` ± `size_variation` bytes, each written on its own.
 *
 * Attributes: `average_size` and `size_variation` in bytes, `delay` in microseconds behind each piece; the sum of
 * delays is exact to a millisecond. Changed or removed: the rest of the chunk under way goes out as one piece. As
 * Toxiproxy's, except that it is seeded, and that sizes which end the real process (0, or a variation above the
 * average) are taken as pieces of at least one byte.
 */
export const slicer: ToxicType = {
  type: "slicer",
  numberType: "int",
  attributes: [toxiproxyAttribute("average_size"), toxiproxyAttribute("size_variation"), toxiproxyAttribute("delay")],
  create: createSlicer,
};

const MICROSECONDS_PER_MS = 1000;

function createSlicer(initial: ToxicAttributes, { clock, random }: ToxicTools): Toxic {
  let attributes = initial;
  let pieces: Buffer[] = [];
  let timer: Timer | undefined;
  let owedMs = 0;

  function sendPieces(link: Link): void {
    timer = undefined;
    const delayMs = delayMsOf(attributes, "delay") / MICROSECONDS_PER_MS;
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      link.pass(piece);
      owedMs += delayMs;
      if (owedMs < 1) continue;
      timer = clock.startTimer(owedMs, () => sendPieces(link));
      owedMs = 0;
      return;
    }
    link.resumeSource();
  }

  function flush(link: Link): void {
    timer?.cancel();
    owedMs = 0;
    const rest = Buffer.concat(pieces);
    pieces = [];
    link.pass(rest);
  }

  return {
    onChunk(bytes, link) {
      pieces = slice(bytes, attributes, random);
      link.pauseSource();
      sendPieces(link);
    },
    onEnd: (link) => link.end(),
    onChange(changed, link) {
      attributes = changed;
      flush(link);
      link.resumeSource();
    },
    onRemove: flush,
  };
}

/** Halves a chunk, a little beside the middle, until its pieces are small enough. */
function slice(bytes: Buffer, attributes: ToxicAttributes, random: Random): Buffer[] {
  const averageSize = Math.max(attributes["average_size"] ?? 0, 1);
  const variation = Math.min(Math.max(attributes["size_variation"] ?? 0, 0), bytes.length);
  if (bytes.length <= 1 || bytes.length - averageSize <= variation) return [bytes];
  const half = Math.floor(bytes.length / 2);
  const drawn = variation === 0 ? half : half + random.integer(-variation, variation - 1);
  const middle = Math.min(Math.max(drawn, 1), bytes.length - 1);
  return [
    ...slice(bytes.subarray(0, middle), attributes, random),
    ...slice(bytes.subarray(middle), attributes, random),
  ];
}
