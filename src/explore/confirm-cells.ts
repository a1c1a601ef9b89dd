import pLimit from "p-limit";

import type { Checker } from "../check/checker.ts";
import { createRandom } from "../determinism/random.ts";
import { type CellRange, rangeOfRun } from "./cell-range.ts";
import type { Plan } from "../plan/plan.ts";
import { judgeSearchRun, type RunOne } from "./search-run.ts";
import { createSweep, type SweepSpace } from "./sweep-space.ts";
import type { UnitResult } from "./unit-result.ts";

/** What a sample of cells came to on real sockets, beside what the sweep says of them. */
export type ConfirmedCells = {
  readonly agreed: number;
  /** The fault did not strike there: nothing was compared. */
  readonly missed: number;
  /** Cells of the sweep whose fault cannot be made there: none of them was chosen. */
  readonly unmakeable: number;
  readonly differing: readonly { readonly cell: number; readonly swept: string; readonly confirmed: string }[];
};

/**
 * Runs cells of a sweep again, chosen at random, and compares which rules are violated.
 *
 * What one side leaves undecided says nothing against the other.
 */
export async function confirmCells(
  space: SweepSpace,
  results: readonly UnitResult[],
  parts: {
    readonly cells: number;
    readonly runOne: RunOne;
    /** Whether real sockets can have the faults of a cell. */
    readonly isMakeable: (plan: Plan) => boolean;
    readonly checkers: readonly Checker[];
    readonly sideBySide: number;
    readonly onCell: (done: number) => void;
  },
): Promise<ConfirmedCells> {
  const swept = results.flatMap(({ ranges = [] }) => ranges).filter(({ outcome }) => outcome !== "missed");
  const sweep = createSweep(space);
  const cells = cellsOf(swept);
  const makeable = cells.filter(({ cell }) => parts.isMakeable(sweep.planOf(cell)));
  const chosen = chooseCells(makeable, parts.cells, space.plan.seed);
  const limit = pLimit(parts.sideBySide);
  let done = 0;
  const compared = await Promise.all(
    chosen.map(
      async ({ cell, range }) =>
        await limit(async () => {
          const result = await parts.runOne(sweep.planOf(cell));
          done += 1;
          parts.onCell(done);
          return { cell, range, again: rangeOfRun(judgeSearchRun(cell, result, parts.checkers)) };
        }),
    ),
  );
  const struck = compared.filter(({ again }) => again.outcome !== "missed");
  const differing = struck.filter(({ range, again }) => !agree(range, again));
  return {
    agreed: struck.length - differing.length,
    missed: compared.length - struck.length,
    unmakeable: cells.length - makeable.length,
    differing: differing.map(({ cell, range, again }) => ({ cell, swept: wordsOf(range), confirmed: wordsOf(again) })),
  };
}

/** A cell, and what its range came to. */
export type SweptCell = { readonly cell: number; readonly range: CellRange };

/** The cells of ranges, one by one. */
export function cellsOf(ranges: readonly CellRange[]): readonly SweptCell[] {
  return ranges.flatMap((range) =>
    Array.from({ length: range.last - range.first + 1 }, (_, index) => ({ cell: range.first + index, range })),
  );
}

/** Cells without repetition, the same ones for the same sweep. */
export function chooseCells(given: readonly SweptCell[], count: number, seed: number): readonly SweptCell[] {
  const cells = [...given];
  const random = createRandom(seed, "confirmed-cells");
  const chosen = Math.min(count, cells.length);
  // As many steps of a shuffle as cells are wanted.
  for (let place = 0; place < chosen; place += 1) {
    const other = random.integer(place, cells.length - 1);
    const [one, two] = [cells[place], cells[other]];
    if (one !== undefined && two !== undefined) [cells[place], cells[other]] = [two, one];
  }
  return cells.slice(0, chosen);
}

function agree(left: CellRange, right: CellRange): boolean {
  const violated = (range: CellRange): string => (range.outcome === "violated" ? range.rules.join(" ") : "");
  if (left.outcome === "undecided" || right.outcome === "undecided") {
    const [decided, open] = left.outcome === "undecided" ? [right, left] : [left, right];
    return decided.outcome !== "violated" || decided.rules.every((rule) => open.rules.includes(rule));
  }
  return violated(left) === violated(right);
}

function wordsOf({ outcome, rules }: CellRange): string {
  return rules.length === 0 ? outcome : `${outcome} ${rules.join(", ")}`;
}
