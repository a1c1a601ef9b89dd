import { describe, expect, it } from "vitest";

import { PROMISES } from "../properties/promise.ts";
import { promisesNamed, runsOf, seedOf } from "./promise-tests.ts";
import { testClient } from "./test-client.ts";

describe("the promises that a user names", () => {
  it("are all of them, or those of these names", () => {
    expect(promisesNamed("all")).toEqual(PROMISES);
    expect(promisesNamed(["no-result-lost"]).map(({ rules }) => rules)).toEqual([["INV-03", "INV-04", "INV-13"]]);
  });

  it("are refused where there is none of that name", () => {
    expect(() => promisesNamed(["no-result"])).toThrow(
      'There is no promise named "no-result". Promises: tool-effects-at-most-once, no-result-lost, ',
    );
  });
});

describe("the seed of generated plans", () => {
  it("is the given one, and that of the environment wins over it", () => {
    expect(seedOf(7, {})).toBe(7);
    expect(seedOf(7, { CUTWIRE_SEED: "" })).toBe(7);
    expect(seedOf(7, { CUTWIRE_SEED: "42" })).toBe(42);
    expect(seedOf(undefined, { CUTWIRE_SEED: "0" })).toBe(0);
  });

  it("is another one each time where none is given", () => {
    const drawn = new Set(Array.from({ length: 5 }, () => seedOf(undefined, {})));
    expect(drawn.size).toBeGreaterThan(1);
  });

  it.each([
    [-1, {}, "and seed is -1"],
    [1.5, {}, "and seed is 1.5"],
    [2 ** 32, {}, "and seed is 4294967296"],
    [1, { CUTWIRE_SEED: "many" }, 'and CUTWIRE_SEED is "many"'],
  ])("is refused as %j with %j", (given, environment, words) => {
    expect(() => seedOf(given, environment)).toThrow(words);
  });
});

describe("the number of generated plans", () => {
  it("is 50 unless another is given", () => {
    expect(runsOf(undefined)).toBe(50);
    expect(runsOf(1)).toBe(1);
  });

  it.each([0, -1, 2.5, 10_001, Number.NaN])("is refused as %d", (runs) => {
    expect(() => runsOf(runs)).toThrow(`and runs is ${runs}`);
  });
});

describe("testClient", () => {
  it("refuses to be given nothing to test with", () => {
    for (const options of [{}, { scenarios: [] }, { properties: [] }]) {
      expect(() => testClient("reference", options)).toThrow("There is nothing to test the client with");
    }
  });

  it("refuses a promise, a number or a seed that there is not, before any test is declared", () => {
    expect(() => testClient("reference", { properties: ["mine"] })).toThrow('There is no promise named "mine"');
    expect(() => testClient("reference", { properties: "all", runs: 0 })).toThrow("and runs is 0");
    expect(() => testClient("reference", { properties: "all", seed: -1 })).toThrow("and seed is -1");
  });
});
