import { describe, expect, it } from "vitest";

import { isSelected, parseShard, parseUnits, printUnits } from "./unit-selection.ts";

const unitsIn = (selection: Parameters<typeof isSelected>[0]): readonly number[] =>
  Array.from({ length: 10 }, (_, unit) => unit).filter((unit) => isSelected(selection, unit));

describe("the units that are asked for", () => {
  it("are every n-th one for a shard, and together all of them, each once", () => {
    expect(unitsIn(parseShard("2/3"))).toEqual([1, 4, 7]);
    const all = ["1/3", "2/3", "3/3"].flatMap((text) => unitsIn(parseShard(text)));
    expect(all.toSorted((left, right) => left - right)).toEqual(unitsIn({ kind: "all" }));
  });

  it("are what stands in ranges and alone", () => {
    expect(unitsIn(parseUnits("0..2,7"))).toEqual([0, 1, 2, 7]);
    expect(unitsIn(parseUnits("9"))).toEqual([9]);
  });

  it.each(["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""])("are refused as the shard %o", (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: "HARNESS_INVALID_OPTION" }));
  });

  it.each(["", "3..1", "a", "1..", "..2", "1,,2", "1;2", "-1"])("are refused as the units %o", (text) => {
    expect(() => parseUnits(text)).toThrow(expect.objectContaining({ code: "HARNESS_INVALID_OPTION" }));
  });

  it("are printed as they are read", () => {
    expect(printUnits([7, 0, 2, 1, 7])).toBe("0..2,7");
    expect(printUnits([])).toBe("");
    expect(unitsIn(parseUnits(printUnits([9, 3, 4])))).toEqual([3, 4, 9]);
  });
});
