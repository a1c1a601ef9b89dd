import { describe, expect, it } from "vitest";

import type { Outcome } from "../check/verdict.ts";
import type { Expectation } from "../plan/scenario.ts";
import { judgeVerdicts, outcomeOfScenario, whyNotExercised } from "./judge.ts";
import { verdictOf } from "./report-fixture.test-support.ts";
import type { JudgedVerdict } from "./run-report.ts";

function judgementOf(outcome: Outcome, expected?: Expectation["outcome"]): JudgedVerdict["judgement"] | undefined {
  const expectations = expected === undefined ? [] : [{ rule: "INV-03", outcome: expected }];
  return judgeVerdicts([verdictOf({ outcome })], expectations)[0]?.judgement;
}

describe("a verdict against what a scenario expects", () => {
  it.each([
    [undefined, "holds", "as-expected"],
    [undefined, "violated", "unexpected-violation"],
    [undefined, "unknown", "undecided"],
    [undefined, "not-exercised", "as-expected"],
    ["holds", "holds", "as-expected"],
    ["holds", "violated", "unexpected-violation"],
    ["holds", "unknown", "undecided"],
    ["holds", "not-exercised", "undecided"],
    ["violated", "holds", "missing-violation"],
    ["violated", "violated", "as-expected"],
    ["violated", "unknown", "undecided"],
    ["violated", "not-exercised", "missing-violation"],
    ["unknown", "holds", "as-expected"],
    ["unknown", "violated", "unexpected-violation"],
    ["unknown", "unknown", "as-expected"],
    ["unknown", "not-exercised", "undecided"],
  ] as const)("expected %s, found %s: %s", (expected, outcome, judgement) => {
    expect(judgementOf(outcome, expected)).toBe(judgement);
  });

  it("keeps the verdict, and notes what was expected; a rule that is not named is expected to hold", () => {
    const verdict = {
      checker: "c",
      rule: "INV-01",
      outcome: "holds",
      message: "m",
      advice: "a",
      evidence: [1],
    } as const;
    expect(judgeVerdicts([verdict], [{ rule: "INV-02", outcome: "violated" }])).toEqual([
      { ...verdict, expected: "holds", judgement: "as-expected" },
    ]);
  });
});

describe("what a scenario came to", () => {
  const fired = [{ id: "cut", state: "fired", events: [] }] as const;
  const missed = [{ id: "cut", state: "missed", why: "never reached", events: [] }] as const;
  const failed = [{ id: "cut", state: "failed", why: "refused", events: [] }] as const;

  it("is as expected where all is judged so and every fault fired", () => {
    expect(outcomeOfScenario([verdictOf({})], fired)).toBe("as-expected");
    expect(outcomeOfScenario([verdictOf({})], [])).toBe("as-expected");
  });

  it("is violated by one unexpected violation, or by one that is gone, whatever else is undecided", () => {
    for (const judgement of ["unexpected-violation", "missing-violation"] as const) {
      const verdicts = [verdictOf({ judgement: "undecided" }), verdictOf({ judgement })];
      expect(outcomeOfScenario(verdicts, missed)).toBe("violated");
    }
  });

  it("is undecided where one rule is, or where one fault did not fire", () => {
    expect(outcomeOfScenario([verdictOf({}), verdictOf({ judgement: "undecided" })], fired)).toBe("undecided");
    expect(outcomeOfScenario([verdictOf({})], missed)).toBe("undecided");
    expect(outcomeOfScenario([verdictOf({ outcome: "not-exercised" })], failed)).toBe("undecided");
  });
});

describe("why a scenario was not exercised", () => {
  const missing = [{ habit: "continues-by-id", why: "it had 3 chances to …, and took none" }] as const;
  const missed = [{ id: "refusal", state: "missed", why: "never reached", events: [] }] as const;
  const fired = [{ id: "refusal", state: "fired", events: [] }] as const;
  const unknown = verdictOf({ outcome: "unknown", judgement: "undecided" });
  const unjudged = verdictOf({ outcome: "not-exercised", judgement: "undecided" });
  const why = "not for this client: it had 3 chances to …, and took none";

  it("is a habit that is missing, where a fault did not fire or a named rule had nothing to judge", () => {
    expect(whyNotExercised({ outcome: "undecided", verdicts: [unknown], faults: missed }, missing)).toBe(why);
    expect(whyNotExercised({ outcome: "undecided", verdicts: [unjudged], faults: fired }, missing)).toBe(why);
  });

  it("is nothing where what is undecided has another reason, or no habit is missing", () => {
    expect(whyNotExercised({ outcome: "undecided", verdicts: [unknown], faults: fired }, missing)).toBeUndefined();
    expect(whyNotExercised({ outcome: "undecided", verdicts: [unknown], faults: missed }, [])).toBeUndefined();
  });

  it("never hides a violation, nor takes away what went as expected", () => {
    const violated = verdictOf({ outcome: "violated", judgement: "unexpected-violation" });
    expect(whyNotExercised({ outcome: "violated", verdicts: [violated], faults: missed }, missing)).toBeUndefined();
    expect(whyNotExercised({ outcome: "as-expected", verdicts: [], faults: fired }, missing)).toBeUndefined();
  });
});
