import { describe, expect, it } from "vitest";

import { chunksOf, withoutChunk } from "./chunks.ts";

describe("the parts of a list to do without", () => {
  it("come largest first, down to each entry", () => {
    expect(chunksOf(4, 4)).toEqual([
      [0, 4],
      [0, 2],
      [2, 4],
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it("are no larger than they may be, and the last one of a size may be shorter", () => {
    expect(chunksOf(5, 4)).toEqual([
      [0, 3],
      [3, 5],
      [0, 2],
      [2, 4],
      [4, 5],
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
    expect([chunksOf(0, 0), chunksOf(1, 0)]).toEqual([[], []]);
  });

  it("leave the rest in its order", () => {
    expect(withoutChunk(["a", "b", "c", "d"], [1, 3])).toEqual(["a", "d"]);
  });
});
