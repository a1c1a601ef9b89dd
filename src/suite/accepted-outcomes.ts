import type { Outcome } from "../check/verdict.ts";
import type { Expectation } from "../plan/scenario.ts";
import type { RunResult } from "../reproduce/judged-run.ts";

/** What a rule was expected to come to, and what it came to; `undefined` where it was not, or had nothing to judge. */
export type ExpectationChange = {
  readonly rule: string;
  readonly from: Expectation["outcome"] | undefined;
  readonly to: Expectation["outcome"] | undefined;
};

/** Expectations that say what was seen, and how they differ from those before. */
export type AcceptedOutcomes = {
  readonly expect: readonly Expectation[];
  readonly changes: readonly ExpectationChange[];
};

/**
 * What a scenario has to expect so that these runs of it are as expected: for each rule the worst that was seen.
 *
 * Where a rule comes to what was expected anyway, the expectation stays, with what is noted in it.
 *
 * @param beyond Rules that could not be judged in these runs, whatever happened: what is expected of them stays.
 */
export function acceptOutcomes(
  expected: readonly Expectation[],
  results: readonly RunResult[],
  beyond: ReadonlySet<string> = new Set(),
): AcceptedOutcomes {
  const rules = [...new Set(results.flatMap(({ verdicts }) => verdicts.map(({ rule }) => rule)))];
  const expect = rules.flatMap((rule) => {
    if (beyond.has(rule)) return expected.filter((one) => one.rule === rule);
    const outcome = worstOutcome(rule, results);
    if (outcome === "not-exercised") return [];
    return [expected.find((one) => one.rule === rule && one.outcome === outcome) ?? { rule, outcome }];
  });
  const outcomeIn = (all: readonly Expectation[], rule: string): Expectation["outcome"] | undefined =>
    all.find((one) => one.rule === rule)?.outcome;
  const named = [...new Set([...rules, ...expected.map(({ rule }) => rule)])];
  const changes = named
    .map((rule) => ({ rule, from: outcomeIn(expected, rule), to: outcomeIn(expect, rule) }))
    .filter(({ from, to }) => from !== to);
  return { expect, changes };
}

const WORST_FIRST: readonly Outcome[] = ["violated", "unknown", "holds", "not-exercised"];

function worstOutcome(rule: string, results: readonly RunResult[]): Outcome {
  const seen = results.flatMap(({ verdicts }) => verdicts.filter((verdict) => verdict.rule === rule));
  return WORST_FIRST.find((outcome) => seen.some((verdict) => verdict.outcome === outcome)) ?? "not-exercised";
}
