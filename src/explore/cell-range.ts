import { z } from "zod";

import type { SearchRun } from "./search-run.ts";

/** What neighbouring cells of a sweep have in common. */
export type CellRange = {
  /** The numbers of the first and the last cell. */
  readonly first: number;
  readonly last: number;
  /** `missed`: the fault did not fire there. */
  readonly outcome: "holds" | "violated" | "undecided" | "missed";
  /** Where violated: by which rules, sorted; where undecided: which rules. */
  readonly rules: readonly string[];
  /** Where violated: the cell with the shortest witness, and how many events that is. */
  readonly smallest?: { readonly cell: number; readonly events: number };
};

/** The shape of a range of cells. */
export const CellRangeSchema: z.ZodType<CellRange> = z.strictObject({
  first: z.number().int().min(0),
  last: z.number().int().min(0),
  outcome: z.enum(["holds", "violated", "undecided", "missed"]),
  rules: z.array(z.string()),
  smallest: z.strictObject({ cell: z.number().int().min(0), events: z.number().int().min(0) }).exactOptional(),
});

/** The range of one cell. */
export function rangeOfRun({ number, state, outcomes, findings }: SearchRun): CellRange {
  const place = { first: number, last: number };
  if (state === "discarded") return { ...place, outcome: "missed", rules: [] };
  if (findings.length > 0) {
    const events = Math.min(...findings.map(({ verdict }) => verdict.evidence.length));
    const rules = [...new Set(findings.map(({ rule }) => rule))].toSorted();
    return { ...place, outcome: "violated", rules, smallest: { cell: number, events } };
  }
  const rules = outcomes.filter(({ outcome }) => outcome === "unknown").map(({ rule }) => rule);
  return { ...place, outcome: rules.length === 0 ? "holds" : "undecided", rules: rules.toSorted() };
}

/**
 * Joins neighbours that came to the same.
 *
 * @param borders Numbers of cells that begin a lane: no range goes across one.
 */
export function joinRanges(
  ranges: readonly CellRange[],
  borders: ReadonlySet<number> = new Set(),
): readonly CellRange[] {
  const joined: CellRange[] = [];
  for (const range of ranges.toSorted((left, right) => left.first - right.first)) {
    const before = joined.at(-1);
    if (before !== undefined && !borders.has(range.first) && isSame(before, range)) {
      joined[joined.length - 1] = { ...before, last: range.last, ...smallestOf(before, range) };
    } else {
      joined.push(range);
    }
  }
  return joined;
}

function isSame(before: CellRange, next: CellRange): boolean {
  return (
    next.first === before.last + 1 && next.outcome === before.outcome && next.rules.join(" ") === before.rules.join(" ")
  );
}

function smallestOf(left: CellRange, right: CellRange): Pick<CellRange, "smallest"> {
  if (left.smallest === undefined || right.smallest === undefined) return {};
  return { smallest: right.smallest.events < left.smallest.events ? right.smallest : left.smallest };
}
