import { witnessOf, witnessShapeOf } from "../check/witness-shape.ts";
import type { HistoryEvent } from "../history/event.ts";
import { describeEvent } from "../history/event-words.ts";
import { findKnown } from "./known-findings.ts";
import type { JudgedVerdict, KnownFinding } from "./run-report.ts";

/** Where violations were seen, and which of them are known. */
export type ViolationPlace = {
  readonly scenario: string;
  readonly history: readonly HistoryEvent[];
  readonly known: readonly KnownFinding[];
};

/** Adds the witness to every violation, in words and as a shape, and marks those that are known. */
export function tellViolations(verdicts: readonly JudgedVerdict[], place: ViolationPlace): readonly JudgedVerdict[] {
  const { scenario, history } = place;
  return verdicts.map((verdict) => {
    if (verdict.outcome !== "violated") return verdict;
    const shape = witnessShapeOf(verdict, history);
    const told = { ...verdict, witness: witnessOf(verdict.evidence, history).map(describeEvent), shape };
    if (verdict.judgement !== "unexpected-violation") return told;
    const known = findKnown(verdict, { scenario, shape }, place.known);
    return known === undefined ? told : { ...told, judgement: "known-violation", known };
  });
}
