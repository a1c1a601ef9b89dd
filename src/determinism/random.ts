import { hash } from "node:crypto";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import { ambientWorld } from "./ambient/ambient-world.ts";

/**
 * A seeded stream of numbers. The same seed and labels give the same numbers on every machine and Node version.
 *
 * Fork a stream for each purpose: a draw in one fork never moves another.
 */
export type Random = {
  /** A stream of its own, decided by this stream's seed and the label alone, not by what was drawn before. */
  fork(label: string): Random;
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** A number from 0 (included) to 1 (excluded). */
  ratio(): number;
  /** `digits` lower-case hexadecimal digits. */
  hex(digits: number): string;
};

const RATIO_STEPS = 2 ** 31;

/** Opens the root stream of a seed; `label` names the stream, for example `createRandom(42, "network")`. */
export function createRandom(seed: number, label = "root"): Random {
  const path = `${seed}/${label}`;
  let generator: ReturnType<typeof xoroshiro128plus> | undefined;
  const integer = (least: number, most: number): number => {
    // Most streams are only forked, or never drawn from: the hash is left until the first draw.
    generator ??= xoroshiro128plus(hash("sha256", path, "buffer").readInt32BE(0));
    return uniformInt(generator, least, most);
  };
  return {
    fork: (child) => createRandom(seed, `${label}/${child}`),
    integer,
    ratio: () => integer(0, RATIO_STEPS - 1) / RATIO_STEPS,
    hex: (digits) => Array.from({ length: digits }, () => integer(0, 15).toString(16)).join(""),
  };
}

/** A seed that nobody chose, for a run that was given none: print it, so that the run can be had again. */
export function drawSeed(): number {
  const world = ambientWorld();
  // In a world nothing is left to chance: what nobody chose is decided by the world's own seed.
  if (world !== undefined) return world.chance("seed").integer(0, 2 ** 31 - 1);
  return hash("sha256", `${process.pid}/${process.hrtime.bigint()}/${Date.now()}`, "buffer").readUInt32BE(0);
}
