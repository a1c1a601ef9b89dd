import { describe, expect, it } from "vitest";

import { type Paint, PLAIN_PAINT } from "../reporter.ts";
import { reportOf, scenarioOf, verdictOf } from "../report-fixture.test-support.ts";
import type { RunReport } from "../run-report.ts";
import { consoleReporter } from "./console.ts";

function render(given: Partial<RunReport>): string {
  return consoleReporter.render(reportOf(given), { paint: PLAIN_PAINT });
}

const LOST = verdictOf({
  outcome: "violated",
  judgement: "unexpected-violation",
  message: "session 0: the result of operation book never reached the model, yet the turn ended as completed",
  evidence: [34, 104],
  witness: [
    "34 at 558 ms, session 0, book: tool run 0 returned",
    "104 at 813 ms, session 0: turn 0 ended as completed",
  ],
  repeated: { violatedRuns: 3, runs: 4 },
});

describe("the report for a person", () => {
  it("is a table alone where all went as expected", () => {
    const quiet = scenarioOf({
      name: "no-fault-at-all",
      verdicts: [verdictOf({}), verdictOf({ outcome: "not-exercised" })],
      faults: [],
      durationMs: 0,
    });
    expect(render({ scenarios: [scenarioOf({}), quiet] })).toMatchInlineSnapshot(`
      "reference against reference on embedded

      scenario         outcome      rules   faults        time
      fin-mid-text     as expected  1 hold  1 of 1 fired  1.2 s
      no-fault-at-all  as expected  1 hold  none          0.0 s

      2 scenarios: 2 as expected in 2.3 s
      "
    `);
  });

  it("ends with the rules that several scenarios found violated, the one seen most first", () => {
    const found = (name: string, ...rules: readonly string[]): ReturnType<typeof scenarioOf> =>
      scenarioOf({
        name,
        outcome: "violated",
        verdicts: rules.map((rule) => verdictOf({ ...LOST, rule, checker: `checker-of-${rule}` })),
      });
    const expected = scenarioOf({
      verdicts: [verdictOf({ rule: "INV-24", outcome: "violated", judgement: "as-expected" })],
    });
    const report = {
      scenarios: [found("a", "INV-23", "B4"), ...["b", "c", "d"].map((name) => found(name, "INV-23")), expected],
    };
    expect(render(report).split("\n").slice(-7).join("\n")).toMatchInlineSnapshot(`
      "
      violated, and in how many scenarios
        INV-23 checker-of-INV-23  4  a, b, c and 1 more
        B4 checker-of-B4          1  a

      5 scenarios: 1 as expected, 4 violated in 2.3 s
      "
    `);
    expect(render({ scenarios: [found("a", "INV-23", "B4")] })).not.toContain("in how many scenarios");
  });

  it("tells each violation with its witness, advice, trace and replay command", () => {
    const violated = scenarioOf({
      name: "cut-after-call-done",
      outcome: "violated",
      verdicts: [verdictOf({ rule: "INV-01", checker: "call-runs-once" }), LOST],
      replayCommand: "npx cutwire replay .cutwire/run/cut-after-call-done/reproduction.json",
    });
    expect(render({ client: "planted:M11", scenarios: [violated, scenarioOf({})], exitCode: 1 }))
      .toMatchInlineSnapshot(`
      "planted:M11 against reference on embedded

      scenario             outcome      rules               faults        time
      cut-after-call-done  violated     1 hold, 1 violated  1 of 1 fired  1.2 s
      fin-mid-text         as expected  1 hold              1 of 1 fired  1.2 s

      cut-after-call-done
        The answer is cut off in the middle of its text.
        INV-03 result-not-lost: violated, 3 of 4 runs
          session 0: the result of operation book never reached the model, yet the turn ended as completed
          witness: events 34, 104
            34 at 558 ms, session 0, book: tool run 0 returned
            104 at 813 ms, session 0: turn 0 ended as completed
          advice: Keep a finished tool's result apart from the connection that asked for it.
        trace    .cutwire/run/fin-mid-text/history.jsonl
        replay   npx cutwire replay .cutwire/run/cut-after-call-done/reproduction.json

      2 scenarios: 1 as expected, 1 violated in 2.3 s
      "
    `);
  });

  it("tells what is known without failing for it, and what was known and is gone", () => {
    const known = { rule: "INV-03", scenario: "cut-after-call-done", issue: "#12", why: "planned for May" };
    const scenario = scenarioOf({
      name: "cut-after-call-done",
      verdicts: [verdictOf({ rule: "INV-01" }), { ...LOST, judgement: "known-violation", known }],
    });
    const text = render({ scenarios: [scenario], knownGone: [{ rule: "INV-02", scenario: "fin-mid-text" }] });
    expect(text).toMatch(/^cut-after-call-done {2}as expected {2}1 hold, 1 known/m);
    expect(text).toContain("  INV-03 result-not-lost: violated, 3 of 4 runs (known: #12, planned for May)\n");
    expect(text).toContain("INV-02 is no longer violated in fin-mid-text (known): take it out of the known findings\n");
    expect(text).toContain("1 scenario: 1 as expected");
  });

  it("tells which violation is gone, which fault did not fire and which rule had nothing to judge", () => {
    const gone = scenarioOf({
      name: "known-defect",
      outcome: "violated",
      verdicts: [verdictOf({ expected: "violated", judgement: "missing-violation" })],
    });
    const undecided = scenarioOf({
      outcome: "undecided",
      verdicts: [
        verdictOf({
          outcome: "unknown",
          judgement: "undecided",
          message: "nothing wrong was seen, but fault cut missed",
        }),
        verdictOf({ rule: "INV-01", outcome: "not-exercised", judgement: "undecided" }),
        verdictOf({ rule: "INV-02", outcome: "not-exercised", judgement: "undecided" }),
      ],
      faults: [
        { id: "cut", state: "missed", why: "the run ended before its anchor was reached", events: [9] },
        { id: "slow", state: "fired", events: [10] },
      ],
    });
    expect(render({ scenarios: [gone, undecided], exitCode: 1 })).toMatchInlineSnapshot(`
      "reference against reference on embedded

      scenario      outcome    rules              faults        time
      known-defect  violated   1 hold             1 of 1 fired  1.2 s
      fin-mid-text  undecided  0 hold, 1 unknown  1 of 2 fired  1.2 s

      known-defect
        The answer is cut off in the middle of its text.
        INV-03 result-not-lost: holds (expected: violated)
          each of 1 tool results reached the model once
        trace    .cutwire/run/fin-mid-text/history.jsonl

      fin-mid-text
        The answer is cut off in the middle of its text.
        fault cut missed: the run ended before its anchor was reached
        also undecided: INV-03 unknown, INV-01 not-exercised, INV-02 not-exercised
        trace    .cutwire/run/fin-mid-text/history.jsonl

      2 scenarios: 0 as expected, 1 violated, 1 undecided in 2.3 s
      "
    `);
  });

  it("counts what was not exercised apart, with the reason and the fault that did not fire", () => {
    const notExercised = scenarioOf({
      name: "previous-response-refused",
      outcome: "not-exercised",
      notExercised: "not for this client: it had 3 chances to name a response before, and took none",
      verdicts: [verdictOf({ outcome: "unknown", judgement: "undecided" })],
      faults: [{ id: "refusal", state: "missed", why: "the run ended before it struck anything", events: [9] }],
    });
    const neverRun = scenarioOf({
      name: "forgotten-session",
      outcome: "not-exercised",
      notExercised: "not for this target: it cannot be told to forget",
      verdicts: [],
      faults: [],
      runs: 0,
    });
    expect(render({ scenarios: [scenarioOf({}), notExercised, neverRun] })).toMatchInlineSnapshot(`
      "reference against reference on embedded

      scenario                   outcome        rules              faults        time
      fin-mid-text               as expected    1 hold             1 of 1 fired  1.2 s
      previous-response-refused  not exercised  0 hold, 1 unknown  0 of 1 fired  1.2 s
      forgotten-session          not exercised  0 hold             none          1.2 s

      previous-response-refused
        The answer is cut off in the middle of its text.
        not exercised: not for this client: it had 3 chances to name a response before, and took none
        fault refusal missed: the run ended before it struck anything
        trace    .cutwire/run/fin-mid-text/history.jsonl

      forgotten-session
        The answer is cut off in the middle of its text.
        not exercised: not for this target: it cannot be told to forget

      3 scenarios: 1 as expected, 2 not exercised in 2.3 s
      "
    `);
  });

  it("says that it was interrupted, and that nothing ran", () => {
    expect(render({ interrupted: true, exitCode: 130, durationMs: 40 })).toMatchInlineSnapshot(`
      "reference against reference on embedded

      scenario  outcome  rules  faults  time

      0 scenarios: 0 as expected, interrupted: what was found until then is kept in 0.0 s
      "
    `);
  });

  it("paints outcomes without moving a column", () => {
    const mark = (text: string): string => `<${text}>`;
    const paint: Paint = { good: mark, bad: mark, doubtful: mark, strong: mark, faint: mark };
    const scenarios = [
      scenarioOf({}),
      scenarioOf({ name: "cut-after-call-done", outcome: "violated", verdicts: [LOST] }),
    ];
    const painted = consoleReporter.render(reportOf({ scenarios }), { paint });
    expect(painted.replaceAll(/[<>]/g, "")).toBe(render({ scenarios }));
    expect(painted).toContain("<violated   >");
  });
});
