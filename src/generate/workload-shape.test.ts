import { describe, expect, it } from "vitest";

import { pointsBehindCall, reachablePoints, type TurnShape } from "./workload-shape.ts";

const TEXT: TurnShape = { calls: 0, deltas: 2, toolDurationMs: 0, interleaved: false, reasoning: false };
const CALLS: TurnShape = { ...TEXT, calls: 2, deltas: 3 };

/** As `P6 1-2`: the point, with the first and the last occurrence. */
function wordsOf(points: ReturnType<typeof reachablePoints>): readonly string[] {
  return points.map(({ point, first, times }) => `${point} ${first}-${first + times - 1}`);
}

describe("the points of a workload", () => {
  it("are counted over its turns, with one connection", () => {
    expect(wordsOf(reachablePoints([TEXT, CALLS]))).toEqual([
      "P0 1-1",
      "P1 1-1",
      "P2 1-2",
      "P3 1-2",
      "P4 1-2",
      "P5 1-6",
      "P6 1-2",
      "P7 1-1",
      "P8 1-2",
      "P9 1-2",
      "P10 1-1",
      "P11 1-1",
      "P12 1-5",
      "P13 1-2",
      "P14 1-2",
    ]);
  });

  it("behind a call are those of the turn of the first call, from where it is finished", () => {
    expect(wordsOf(pointsBehindCall([TEXT, CALLS]))).toEqual([
      "P6 1-2",
      "P7 1-1",
      "P8 1-2",
      "P9 1-2",
      "P10 1-1",
      "P11 1-1",
      "P12 3-5",
      "P13 2-2",
      "P14 2-2",
    ]);
  });

  it("behind a call are all those of later turns", () => {
    const words = wordsOf(pointsBehindCall([CALLS, TEXT, CALLS]));
    expect(words).toEqual(expect.arrayContaining(["P2 2-3", "P3 2-3", "P4 3-4", "P5 7-12", "P6 1-4", "P14 1-3"]));
  });

  it("behind a call are none where nothing is called", () => {
    expect(pointsBehindCall([TEXT, TEXT])).toEqual([]);
  });
});
