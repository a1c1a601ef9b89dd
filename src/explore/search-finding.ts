import { z } from "zod";

import type { Verdict } from "../check/verdict.ts";
import { witnessShapeOf } from "../check/witness-shape.ts";
import { digestOf } from "../determinism/stable-json.ts";
import type { HistoryEvent } from "../history/event.ts";
import { type Contract, ContractSchema } from "../plan/contract.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import { VerdictSchema } from "../reproduce/reproduction.ts";

/** A way in which a client breaks a promise, however many plans show it. */
export type SearchFinding = {
  /** The digest of rule and shape: the same failure has the same one wherever it was found. */
  readonly signature: string;
  readonly rule: string;
  /** The shape of the witness. */
  readonly shape: readonly string[];
  /** The smallest number of a plan that shows it. */
  readonly number: number;
  /** That plan, without the faults that never struck. */
  readonly plan: Plan;
  /** What the client was held to. */
  readonly contract: Contract;
  readonly verdict: Verdict;
  /** How many plans show it. */
  readonly plans: number;
};

/** The shape of a stored finding. */
export const SearchFindingSchema: z.ZodType<SearchFinding> = z.strictObject({
  signature: z.string(),
  rule: z.string(),
  shape: z.array(z.string()),
  number: z.number().int().min(0),
  plan: PlanSchema,
  contract: ContractSchema,
  verdict: VerdictSchema,
  plans: z.number().int().min(1),
});

/** The signature of a violated rule and the shape of what shows it, 16 hexadecimal digits. */
export function signatureOf(rule: string, shape: readonly string[]): string {
  return digestOf([rule, ...shape]).slice(0, 16);
}

/** The findings of one run, one for each rule that it violates. */
export function findingsOf(run: {
  readonly number: number;
  readonly plan: Plan;
  readonly contract: Contract;
  readonly verdicts: readonly Verdict[];
  readonly history: readonly HistoryEvent[];
}): readonly SearchFinding[] {
  const { number, plan, contract, history } = run;
  return run.verdicts
    .filter(({ outcome }) => outcome === "violated")
    .map((verdict) => {
      const shape = witnessShapeOf(verdict, history);
      const signature = signatureOf(verdict.rule, shape);
      return { signature, rule: verdict.rule, shape, number, plan, contract, verdict, plans: 1 };
    });
}

/** Each finding once: the smallest number of a plan wins, and the plans are counted. Sorted by rule, then by number. */
export function uniteFindings(findings: readonly SearchFinding[]): readonly SearchFinding[] {
  const united = new Map<string, SearchFinding>();
  for (const finding of findings) {
    const known = united.get(finding.signature);
    const first = known === undefined || finding.number < known.number ? finding : known;
    united.set(finding.signature, { ...first, plans: finding.plans + (known?.plans ?? 0) });
  }
  return [...united.values()].toSorted(byRuleThenNumber);
}

function byRuleThenNumber(left: SearchFinding, right: SearchFinding): number {
  if (left.rule !== right.rule) return left.rule < right.rule ? -1 : 1;
  return left.number - right.number || (left.signature < right.signature ? -1 : 1);
}

/** The findings of each rule, by the rule; each list in its order, so the first one comes first. */
export function findingsByRule(findings: readonly SearchFinding[]): ReadonlyMap<string, readonly SearchFinding[]> {
  const byRule = new Map<string, SearchFinding[]>();
  for (const finding of findings) {
    const known = byRule.get(finding.rule);
    if (known === undefined) byRule.set(finding.rule, [finding]);
    else known.push(finding);
  }
  return byRule;
}
