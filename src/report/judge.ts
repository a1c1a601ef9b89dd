import type { Verdict } from "../check/verdict.ts";
import type { Expectation } from "../plan/scenario.ts";
import type { JudgedVerdict, ScenarioReport } from "./run-report.ts";

/** Holds verdicts against what a scenario expects; a rule that it does not name is expected to hold. */
export function judgeVerdicts(
  verdicts: readonly Verdict[],
  expectations: readonly Expectation[],
): readonly JudgedVerdict[] {
  return verdicts.map((verdict) => {
    const expectation = expectations.find(({ rule }) => rule === verdict.rule);
    const expected = expectation?.outcome ?? "holds";
    return { ...verdict, expected, judgement: judge(verdict, expected, expectation !== undefined) };
  });
}

function judge({ outcome }: Verdict, expected: Expectation["outcome"], isNamed: boolean): JudgedVerdict["judgement"] {
  if (outcome === expected) return "as-expected";
  if (outcome === "violated") return "unexpected-violation";
  if (expected === "violated") return outcome === "unknown" ? "undecided" : "missing-violation";
  if (outcome === "unknown") return "undecided";
  // A scenario that names a rule wants to see it judged: not exercising it proves nothing.
  if (outcome === "not-exercised") return isNamed ? "undecided" : "as-expected";
  return "as-expected";
}

/** What a scenario came to over all its rules; faults that did not fire leave it undecided. */
export function outcomeOfScenario(
  verdicts: readonly JudgedVerdict[],
  faults: ScenarioReport["faults"],
): ScenarioReport["outcome"] {
  const has = (judgement: JudgedVerdict["judgement"]): boolean =>
    verdicts.some((verdict) => verdict.judgement === judgement);
  if (has("unexpected-violation") || has("missing-violation")) return "violated";
  return has("undecided") || faults.some(({ state }) => state !== "fired") ? "undecided" : "as-expected";
}
