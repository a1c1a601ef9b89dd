import { describe, expect, it } from "vitest";

import type { Checker } from "../check/checker.ts";
import { faultStates } from "../check/fault-states.ts";
import type { HistoryEvent } from "../history/event.ts";
import type { Plan } from "../plan/plan.ts";
import { findingsByRule, findingsOf, uniteFindings } from "./search-finding.ts";
import { campaignOf, resultOf, TWO_FAULTS_ARE_TOO_MANY } from "./search-fixture.test-support.ts";
import { coverageKey, judgeSearchRun } from "./search-run.ts";
import { openPlanSource } from "./search-space.ts";
import { addTallies, doubtsOf, EMPTY_TALLY, tallyOf } from "./search-tally.ts";

const source = openPlanSource(campaignOf().identity.space);
const plans: readonly Plan[] = Array.from({ length: 200 }, (_, number) => source.planOf(number));
const planWith = (faults: number): Plan => plans.find((plan) => plan.faults.length === faults) ?? source.planOf(0);
const two = planWith(2);
const checkers = [TWO_FAULTS_ARE_TOO_MANY];

describe("a run of a search", () => {
  it("of which no fault fired is discarded, and judged by no rule", () => {
    const run = judgeSearchRun(3, resultOf(two, [], ["INV-01"]), checkers);
    expect(run).toMatchObject({ number: 3, state: "discarded", faults: { fired: 0, missed: 2 }, struck: [] });
    expect(run.findings).toEqual([]);
    expect(run.outcomes).toEqual([]);
  });

  it("is judged by the faults that fired, and told without the others", () => {
    const [first] = two.faults;
    const run = judgeSearchRun(0, resultOf(two, [first?.id ?? ""], ["INV-01"]), checkers);
    expect(run.outcomes).toEqual([{ rule: "INV-01", outcome: "holds" }]);
    expect(run.struck).toEqual(first === undefined ? [] : [coverageKey(first)]);
  });

  it("is stored with a fault that struck less often than it was to, because it happened with that one", () => {
    const ids = two.faults.map(({ id }) => id);
    const { record, ...result } = resultOf(two, ids, []);
    const missed: HistoryEvent = {
      source: "fault",
      sequence: 2,
      sourceSequence: 2,
      atMs: 2,
      session: 0,
      kind: "fault-missed",
      id: ids[1] ?? "",
      why: "only 1 of 2 dials came to be rejected",
    };
    const history = [...record.history, missed];
    const rule: Checker = {
      ...TWO_FAULTS_ARE_TOO_MANY,
      check: () => ({ outcome: "violated", message: "", evidence: [] }),
    };
    const faults = faultStates(two, history);
    const run = judgeSearchRun(0, { ...result, faults, record: { ...record, history } }, [rule]);
    expect(run.faults).toEqual({ fired: 1, missed: 1, failed: 0 });
    expect(run.findings).toMatchObject([{ rule: "INV-01", plan: two }]);
  });

  it("is taken as it was judged where every fault fired", () => {
    const run = judgeSearchRun(
      9,
      resultOf(
        two,
        two.faults.map(({ id }) => id),
        ["INV-07"],
      ),
      checkers,
    );
    expect(run.outcomes).toEqual([{ rule: "INV-07", outcome: "violated" }]);
    expect(run.findings).toMatchObject([{ rule: "INV-07", number: 9, plan: two, shape: ["fault fault-applied cut"] }]);
  });
});

describe("findings", () => {
  const found = (number: number, rule: string): ReturnType<typeof findingsOf> => {
    const { record, verdicts } = resultOf(
      two,
      two.faults.map(({ id }) => id),
      [rule],
    );
    return findingsOf({ ...record, number, verdicts });
  };

  it("are one for each rule and shape: the smallest number is told, and the plans are counted", () => {
    const all = [...found(8, "INV-02"), ...found(3, "INV-02"), ...found(5, "INV-02"), ...found(9, "INV-01")];
    const united = uniteFindings(all);
    expect(united).toMatchObject([
      { rule: "INV-01", number: 9, plans: 1 },
      { rule: "INV-02", number: 3, plans: 3 },
    ]);
    expect(uniteFindings(all.toReversed())).toEqual(united);
    expect(uniteFindings([...uniteFindings(all.slice(0, 2)), ...uniteFindings(all.slice(2))])).toEqual(united);
  });

  it("of one rule are told by the first of them", () => {
    const [one] = found(3, "INV-02");
    if (one === undefined) throw new Error("nothing was found");
    const other = { ...one, signature: "another", number: 4 };
    expect([...findingsByRule([one, other])]).toEqual([[one.rule, [one, other]]]);
  });
});

describe("the tally of a search", () => {
  const runs = plans
    .slice(0, 20)
    .map((plan, number) =>
      judgeSearchRun(number, resultOf(plan, number < 4 ? [] : plan.faults.map(({ id }) => id)), checkers),
    );

  it("is the same however it is added up", () => {
    const whole = tallyOf(runs);
    expect(whole.plans).toBe(20);
    expect(whole.discarded).toBe(4);
    expect(addTallies([tallyOf(runs.slice(7)), EMPTY_TALLY, tallyOf(runs.slice(0, 7))])).toEqual(whole);
  });

  it("is doubted where fewer than four in five plans struck, and where nothing was run", () => {
    expect(doubtsOf(tallyOf(runs))).toEqual([]);
    expect(doubtsOf(tallyOf(runs.slice(0, 19)))).toEqual(["in 15 of 19 plans a fault fired, and 80 % is the least"]);
    expect(doubtsOf(EMPTY_TALLY)).toEqual(["nothing was run"]);
  });

  it("is doubted where a rule was hardly ever decided, unless it was violated", () => {
    const tally = { ...EMPTY_TALLY, plans: 10, rules: { "INV-01": { holds: 7, violated: 0, unknown: 3 } } };
    expect(doubtsOf(tally)).toEqual(["INV-01 was undecided in 3 of the 10 plans that exercised it"]);
    expect(doubtsOf({ ...tally, rules: { "INV-01": { holds: 8, violated: 0, unknown: 2 } } })).toEqual([]);
    expect(doubtsOf({ ...tally, rules: { "INV-01": { holds: 0, violated: 1, unknown: 9 } } })).toEqual([]);
  });
});
