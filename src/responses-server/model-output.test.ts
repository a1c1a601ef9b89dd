import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createIdentities } from "./identities.ts";
import { cutText, outputOfStep } from "./model-output.ts";

describe("cutting a text into deltas", () => {
  it.each<[string, number, string[]]>([
    ["abcdef", 4, ["a", "bc", "d", "ef"]],
    ["abc", 1, ["abc"]],
    ["ab", 4, ["a", "b"]],
    ["", 4, []],
    ["a😀b", 4, ["a", "😀", "b"]],
  ])("%j into %i", (text, count, pieces) => {
    expect(cutText(text, count)).toEqual(pieces);
  });

  it("loses nothing, cuts no character, and makes no empty piece and not too many", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, count) => {
        const pieces = cutText(text, count);
        expect(pieces.join("")).toBe(text);
        expect(pieces.length).toBeLessThanOrEqual(count);
        expect(pieces.every((piece) => piece !== "" && !/^[\udc00-\udfff]/.test(piece))).toBe(true);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe("the output of a step", () => {
  it("puts the operation into the arguments, whatever else stands there, as stable JSON", () => {
    const calls = [{ operation: "book", arguments: { z: 1, operation: "mine", a: 2 } }];
    const [item] = outputOfStep({ calls }, createIdentities("k"), { wantsEncryptedReasoning: false });
    expect(item).toMatchObject({ name: "perform", arguments: '{"a":2,"operation":"book","z":1}' });
  });
});
