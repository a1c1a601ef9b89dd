import type { RunResult } from "./judged-run.ts";

/** How often a rule was violated over repeated runs of one plan: "k of n". */
export type Confirmation = { readonly rule: string; readonly violatedRuns: number; readonly runs: number };

/**
 * Repeats a run whose violations are to be confirmed, and counts.
 *
 * On a wall clock one run may be luck, good or bad: 1 of n is still a violation, and n of n is a certainty to build on.
 *
 * @param repeat Makes one run more.
 * @param times How many runs come after the first; 0 or more.
 */
export async function confirmViolations(
  first: RunResult,
  times: number,
  repeat: (attempt: number) => Promise<RunResult>,
): Promise<readonly Confirmation[]> {
  const rules = violatedRulesOf(first);
  const results = [first];
  const attempts = rules.length === 0 || first.record.interrupted ? 0 : times;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const result = await repeat(attempt);
    // A run that was not let go on to its end says nothing against the others.
    if (result.record.interrupted) break;
    results.push(result);
  }
  return rules.map((rule) => ({
    rule,
    violatedRuns: results.filter((result) => violatedRulesOf(result).includes(rule)).length,
    runs: results.length,
  }));
}

/** The rules that a run violated. */
export function violatedRulesOf({ verdicts }: RunResult): readonly string[] {
  return verdicts.filter(({ outcome }) => outcome === "violated").map(({ rule }) => rule);
}
