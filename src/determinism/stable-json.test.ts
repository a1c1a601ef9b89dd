import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { digestOf, digestOfText, stableJson } from "./stable-json.ts";

/** The same value with the keys of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

describe("stable JSON", () => {
  it("sorts the keys of every object, and leaves lists alone", () => {
    expect(stableJson({ b: 1, a: [{ d: 1, c: 2 }, 0], 10: 1, 9: 1 })).toBe(
      '{"10":1,"9":1,"a":[{"c":2,"d":1},0],"b":1}',
    );
    expect(stableJson({ b: 1, a: 2 }, 2)).toBe('{\n  "a": 2,\n  "b": 1\n}');
  });

  it("is JSON of the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(stableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it("is the same whatever order the keys came in, and so is its digest", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stableJson(turned(value))).toBe(stableJson(value));
        expect(digestOf(turned(value))).toBe(digestOf(value));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it("leaves out what is undefined, and has a text for nothing", () => {
    expect(stableJson({ a: undefined, b: null })).toBe('{"b":null}');
    expect([stableJson(undefined), stableJson(null)]).toEqual(["null", "null"]);
  });
});

describe("a digest", () => {
  it("is the SHA-256 of the UTF-8, for ever", () => {
    expect(digestOfText("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(digestOf({ b: 1, a: 2 })).toBe(digestOfText('{"a":2,"b":1}'));
  });
});
