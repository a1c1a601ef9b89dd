import { isDeepStrictEqual } from "node:util";

import type { Verdict } from "../../check/verdict.ts";
import { witnessShapeOf } from "../../check/witness-shape.ts";
import type { RunResult } from "../../reproduce/judged-run.ts";

/** A rule that a run violated, and what its witness looks like; {@link isSameViolation} goes by both. */
export type Violation = { readonly verdict: Verdict; readonly shape: readonly string[] };

/** What a run violated. */
export function violationsOf({ verdicts, record }: Pick<RunResult, "verdicts" | "record">): readonly Violation[] {
  return verdicts
    .filter(({ outcome }) => outcome === "violated")
    .map((verdict) => ({ verdict, shape: witnessShapeOf(verdict, record.history) }));
}

/** Whether two runs failed the same way: they broke the same rule, and the witnesses have the same shape (DESIGN §3). */
export function isSameViolation(left: Violation, right: Violation): boolean {
  return left.verdict.rule === right.verdict.rule && isDeepStrictEqual(left.shape, right.shape);
}
