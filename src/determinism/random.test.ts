import { describe, expect, it } from "vitest";

import { createRandom, drawSeed } from "./random.ts";

/** Taken from the first release; a change here changes what every saved seed means. */
const EXPECTED = {
  integers: [323, 292, 128, 935, 283, 177],
  ratios: [0.11166108213365078, 0.6453696661628783],
  hex: "82c491da9ec8eb62",
  forked: 33352,
  ofSeedZero: 411466,
  ofLargestSeed: 710860,
} as const;

describe("a random stream", () => {
  it("gives the same numbers for ever: saved runs depend on them", () => {
    const random = createRandom(42, "network");
    expect(Array.from({ length: 6 }, () => random.integer(0, 999))).toEqual(EXPECTED.integers);
    expect([random.ratio(), random.ratio()]).toEqual(EXPECTED.ratios);
    expect(random.hex(16)).toBe(EXPECTED.hex);
    expect(random.fork("session-0").integer(0, 1_000_000)).toBe(EXPECTED.forked);
    expect(createRandom(0).integer(0, 1_000_000)).toBe(EXPECTED.ofSeedZero);
    expect(createRandom(4_294_967_295).integer(0, 1_000_000)).toBe(EXPECTED.ofLargestSeed);
  });

  it("is decided by seed and label", () => {
    const draw = (seed: number, label: string): string => createRandom(seed, label).hex(16);
    expect(draw(1, "a")).toBe(draw(1, "a"));
    expect(new Set([draw(1, "a"), draw(2, "a"), draw(1, "b"), draw(11, ""), draw(1, "1")]).size).toBe(5);
  });

  it("has forks that neither its own draws nor other forks move", () => {
    const untouched = createRandom(7).fork("a").hex(16);
    const random = createRandom(7);
    random.hex(100);
    random.fork("b").hex(100);
    expect(random.fork("a").hex(16)).toBe(untouched);
    const next = createRandom(7);
    next.hex(100);
    expect(random.hex(16)).toBe(next.hex(16));
  });

  it("keeps its bounds, and reaches both of them", () => {
    const random = createRandom(3);
    const integers = Array.from({ length: 500 }, () => random.integer(-2, 2));
    expect([...new Set(integers)].toSorted((left, right) => left - right)).toEqual([-2, -1, 0, 1, 2]);
    const ratios = Array.from({ length: 500 }, () => random.ratio());
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ratios)).toBeLessThan(1);
    expect(Math.max(...ratios) - Math.min(...ratios)).toBeGreaterThan(0.9);
    expect(random.integer(5, 5)).toBe(5);
    expect(random.hex(0)).toBe("");
    expect(random.hex(64)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("a seed that nobody chose", () => {
  it("fits a plan, and is another one each time", () => {
    const seeds = Array.from({ length: 20 }, drawSeed);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed <= 4_294_967_295)).toBe(true);
    expect(new Set(seeds).size).toBeGreaterThan(15);
  });
});
