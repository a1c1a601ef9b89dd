import type { MissingHabit } from "../check/client-habits.ts";
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

/**
 * Why a scenario that is undecided was not exercised at all, as `ScenarioReport.notExercised` tells it.
 *
 * What it is about must be what is missing: a fault that did not fire, or a rule that it names and that had nothing to judge.
 *
 * @param missing The habits that the scenario requires and the history shows the client not to have.
 */
export function whyNotExercised(
  { outcome, verdicts, faults }: Pick<ScenarioReport, "outcome" | "verdicts" | "faults">,
  missing: readonly MissingHabit[],
): string | undefined {
  const isUnmet =
    faults.some(({ state }) => state !== "fired") ||
    verdicts.some((verdict) => verdict.judgement === "undecided" && verdict.outcome === "not-exercised");
  if (outcome !== "undecided" || !isUnmet || missing.length === 0) return undefined;
  return `not for this client: ${missing.map(({ why }) => why).join("; ")}`;
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
