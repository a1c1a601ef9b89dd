import { describe, expect, it } from "vitest";

import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import { checkHistory, rulesWithoutScript } from "./check-history.ts";
import { type Checker, type CheckContext, evidenceOf, worstOf } from "./checker.ts";
import {
  type HistoryFixture,
  openFixture,
  planOf,
  record,
  respond,
  runTool,
  startTurn,
} from "./history-fixture.test-support.ts";
import type { Finding, Outcome, Verdict } from "./verdict.ts";

function checkerThat(check: (context: CheckContext) => Finding): Checker {
  return {
    name: "fixture",
    rule: "INV-00",
    claim: "A claim.",
    evidence: "None.",
    undecided: "Never.",
    source: "this test",
    advice: "Look at the test.",
    check,
  };
}

function finding(outcome: Outcome, evidence: readonly number[] = []): Finding {
  return { outcome, message: `it ${outcome}`, evidence };
}

function judgeAs(outcome: Outcome, fixture: HistoryFixture, faults: readonly string[] = []): Verdict | undefined {
  const input = { plan: planOf(...faults), contract: DEFAULT_CONTRACT, history: fixture.events };
  return checkHistory(input, [checkerThat(() => finding(outcome, [0]))])[0];
}

function miss(fixture: HistoryFixture, id: string): void {
  record(fixture, { source: "fault", kind: "fault-missed", id, why: "its anchor was never reached" });
}

const OUTCOMES: readonly Outcome[] = ["holds", "violated", "unknown", "not-exercised"];

describe("judging a history", () => {
  it("gives one verdict per checker, in their order, with the rule's name and advice", () => {
    const input = { plan: planOf(), contract: DEFAULT_CONTRACT, history: openFixture().events };
    const second = { ...checkerThat(() => finding("violated", [0, 1])), name: "second", rule: "INV-99" };
    const verdicts = checkHistory(input, [checkerThat(() => finding("holds")), second]);
    expect(verdicts).toEqual([
      { checker: "fixture", rule: "INV-00", advice: "Look at the test.", ...finding("holds") },
      { checker: "second", rule: "INV-99", advice: "Look at the test.", ...finding("violated", [0, 1]) },
    ]);
  });

  it("shows a checker the turns, responses and tool runs", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [] });
    runTool(fixture, { execution: 0, operation: "book" });
    const seen: CheckContext[] = [];
    const spy = checkerThat((context) => {
      seen.push(context);
      return finding("holds");
    });
    checkHistory({ plan: planOf(), contract: DEFAULT_CONTRACT, history: fixture.events }, [spy]);
    expect(seen.map(({ turns, responses, executions }) => [turns, responses, executions])).toEqual([
      [[expect.anything()], [expect.anything()], [expect.anything()]],
    ]);
  });

  it("does not ask a checker that needs the plan's script where the target brings its own model", () => {
    const violated = checkerThat(() => finding("violated", [1]));
    const needy: Checker = { ...violated, name: "needy", rule: "INV-99", needsScript: true };
    const judge = (scripted: boolean): unknown => {
      const { events: history } = openFixture({ scripted });
      const verdicts = checkHistory({ plan: planOf(), contract: DEFAULT_CONTRACT, history }, [violated, needy]);
      return [verdicts.map(({ outcome, message }) => [outcome, message]), [...rulesWithoutScript(history, [needy])]];
    };
    expect(judge(true)).toEqual([
      [
        ["violated", "it violated"],
        ["violated", "it violated"],
      ],
      [],
    ]);
    const why = "the target reference brings its own model, and this rule needs the plan's script";
    expect(judge(false)).toEqual([
      [
        ["violated", "it violated"],
        ["not-exercised", why],
      ],
      ["INV-99"],
    ]);
  });

  it("turns a checker that throws into unknown, and goes on with the others", () => {
    const input = { plan: planOf(), contract: DEFAULT_CONTRACT, history: openFixture().events };
    const broken = checkerThat(() => {
      throw new TypeError("no such member");
    });
    const verdicts = checkHistory(input, [broken, checkerThat(() => finding("violated", [1]))]);
    expect(verdicts).toMatchObject([
      { outcome: "unknown", message: "the checker itself failed: no such member", evidence: [] },
      { outcome: "violated" },
    ]);
  });

  it("judges a history without events", () => {
    const verdicts = checkHistory({ plan: planOf("cut"), contract: DEFAULT_CONTRACT, history: [] }, [
      checkerThat(() => finding("holds")),
    ]);
    expect(verdicts).toMatchObject([
      { outcome: "unknown", message: "nothing wrong was seen, but fault cut missed: the history does not tell of it" },
    ]);
  });
});

describe("what takes certainty away", () => {
  it.each(OUTCOMES)("leaves %s alone where every fault fired", (outcome) => {
    const fixture = openFixture();
    record(fixture, { source: "fault", kind: "fault-applied", id: "cut", fault: {}, delayMs: 0 });
    expect(judgeAs(outcome, fixture, ["cut"])).toMatchObject(finding(outcome, [0]));
  });

  it.each([
    ["holds", "unknown"],
    ["violated", "violated"],
    ["unknown", "unknown"],
    ["not-exercised", "not-exercised"],
  ] as const)("makes of %s, where a fault missed, %s", (outcome, becomes) => {
    const fixture = openFixture();
    miss(fixture, "cut");
    expect(judgeAs(outcome, fixture, ["cut"])).toMatchObject({ outcome: becomes, evidence: [0] });
  });

  it("says of each fault why it did not fire, and that the run was interrupted", () => {
    const fixture = openFixture();
    miss(fixture, "one");
    record(fixture, { source: "fault", kind: "fault-failed", id: "two", why: "the proxy refused it" });
    record(fixture, { source: "fault", kind: "fault-applied", id: "three", fault: {}, delayMs: 0 });
    record(fixture, { source: "harness", kind: "interrupted", signal: "SIGINT" });
    expect(judgeAs("holds", fixture, ["one", "two", "three"])?.message).toBe(
      "nothing wrong was seen, but fault one missed: its anchor was never reached; " +
        "fault two failed: the proxy refused it; the run was interrupted",
    );
  });

  it("doubts a run that reached a limit of its plan, also where it had not begun a turn", () => {
    const fixture = openFixture();
    record(fixture, { source: "harness", kind: "limit-reached", limit: "runMs", value: 300 });
    expect(judgeAs("holds", fixture)).toMatchObject({
      outcome: "unknown",
      message: "nothing wrong was seen, but the run reached its limit runMs (300)",
    });
    expect(judgeAs("violated", fixture)?.outcome).toBe("violated");
    expect(judgeAs("not-exercised", fixture)?.outcome).toBe("not-exercised");
  });

  it("keeps what an interrupted run has shown already", () => {
    const fixture = openFixture();
    record(fixture, { source: "harness", kind: "interrupted", signal: "SIGINT" });
    expect(judgeAs("violated", fixture)).toMatchObject(finding("violated", [0]));
    expect(judgeAs("holds", fixture)?.outcome).toBe("unknown");
  });
});

describe("the worst of several findings", () => {
  it("is the violation with the fewest events, else the first thing undecided, else that it holds", () => {
    const long = finding("violated", [1, 2, 3]);
    const short = finding("violated", [7, 9]);
    expect(worstOf([finding("unknown"), long, finding("holds"), short], "all well")).toBe(short);
    expect(worstOf([finding("holds"), finding("unknown", [4])], "all well")).toEqual(finding("unknown", [4]));
    expect(worstOf([finding("holds", [1])], "all well")).toEqual({
      outcome: "holds",
      message: "all well",
      evidence: [],
    });
    expect(worstOf([], "all well").outcome).toBe("holds");
  });

  it("has its evidence in order, each event once, without absent ones", () => {
    expect(evidenceOf({ sequence: 9 }, undefined, { sequence: 2 }, { sequence: 9 })).toEqual([2, 9]);
    expect(evidenceOf(undefined)).toEqual([]);
  });
});
