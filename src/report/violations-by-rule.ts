import type { ScenarioReport } from "./run-report.ts";

/** A rule that was unexpectedly violated, and the scenarios that show it. */
export type ViolatedRule = {
  readonly rule: string;
  readonly checker: string;
  readonly scenarios: readonly string[];
};

/** What was unexpectedly violated in any scenario, the rule that most of them show first. */
export function violationsByRule(scenarios: readonly ScenarioReport[]): readonly ViolatedRule[] {
  const byRule = new Map<string, { readonly checker: string; readonly names: string[] }>();
  for (const { name, verdicts } of scenarios) {
    for (const { rule, checker, judgement } of verdicts) {
      if (judgement !== "unexpected-violation") continue;
      const known = byRule.get(rule) ?? { checker, names: [] };
      byRule.set(rule, known);
      known.names.push(name);
    }
  }
  return [...byRule]
    .map(([rule, { checker, names }]) => ({ rule, checker, scenarios: names }))
    .toSorted((one, other) => other.scenarios.length - one.scenarios.length || (one.rule < other.rule ? -1 : 1));
}
