import { describe, expect, it } from "vitest";

import { type CellRange, joinRanges } from "./cell-range.ts";

const holds = (first: number, last = first): CellRange => ({ first, last, outcome: "holds", rules: [] });
const violated = (cell: number, events: number, rules = ["INV-02"]): CellRange => ({
  first: cell,
  last: cell,
  outcome: "violated",
  rules,
  smallest: { cell, events },
});

describe("the ranges of a sweep", () => {
  it("join neighbours that came to the same, in whatever order they come", () => {
    expect(joinRanges([holds(2), holds(0), holds(1)])).toEqual([holds(0, 2)]);
    expect(joinRanges([holds(0), holds(2)])).toEqual([holds(0), holds(2)]);
  });

  it("are kept apart where the rules differ, and at the beginning of a lane", () => {
    expect(joinRanges([violated(0, 3), violated(1, 3, ["INV-03"])])).toHaveLength(2);
    expect(joinRanges([holds(0), holds(1), holds(2)], new Set([2]))).toEqual([holds(0, 1), holds(2)]);
  });

  it("keep the cell with the shortest witness, and of equal ones the first", () => {
    const [range] = joinRanges([violated(4, 5), violated(5, 2), violated(6, 2)]);
    expect(range).toMatchObject({ first: 4, last: 6, smallest: { cell: 5, events: 2 } });
  });

  it("come to the same when parts of them were joined before", () => {
    const cells = [holds(0), holds(1), violated(2, 4), violated(3, 1), holds(4)];
    expect(joinRanges([...joinRanges(cells.slice(0, 3)), ...joinRanges(cells.slice(3))])).toEqual(joinRanges(cells));
  });
});
