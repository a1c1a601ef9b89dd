import assert from "node:assert/strict";

import { type Paint, PLAIN_PAINT, type Reporter } from "../report/reporter.ts";
import type { JudgedVerdict, RunReport, ScenarioReport } from "../report/run-report.ts";
import { AWKWARD_TEXTS } from "./awkward-texts.ts";
import { type Clause, describeClauses } from "./clause.ts";

const HOLDS: JudgedVerdict = {
  checker: "result-not-lost",
  rule: "INV-03",
  outcome: "holds",
  message: "each of 1 tool results reached the model once",
  advice: "Keep a finished tool's result apart from the connection that asked for it.",
  evidence: [],
  expected: "holds",
  judgement: "as-expected",
};

const VIOLATED: JudgedVerdict = {
  ...HOLDS,
  rule: "INV-02",
  outcome: "violated",
  judgement: "unexpected-violation",
  message: "session 0: operation book was carried out twice",
  evidence: [4, 9],
  witness: ["4 at 12 ms: tool run 0 had its effect", "9 at 44 ms: tool run 1 had its effect"],
  shape: ["tool tool-effect", "tool tool-effect"],
  repeated: { violatedRuns: 2, runs: 4 },
};

const KNOWN = { rule: "INV-05", scenario: "known", issue: "#12", why: "planned for May" };

function scenarioOf(name: string, given: Partial<ScenarioReport>): ScenarioReport {
  const base = { name, why: "The answer is cut off.", outcome: "as-expected", verdicts: [HOLDS], runs: 1 } as const;
  const faults = [{ id: "cut", state: "fired", events: [3] }] as const;
  return { ...base, faults, durationMs: 1_234, directory: `.cutwire/run/${name}`, ...given };
}

const SCENARIOS: readonly ScenarioReport[] = [
  scenarioOf("as-expected", {}),
  scenarioOf("no-rules", { verdicts: [], faults: [] }),
  scenarioOf("violated", {
    outcome: "violated",
    verdicts: [HOLDS, VIOLATED],
    runs: 4,
    replayCommand: "npx cutwire replay r.json",
  }),
  scenarioOf("gone", {
    outcome: "violated",
    verdicts: [{ ...HOLDS, rule: "INV-04", expected: "violated", judgement: "missing-violation" }],
  }),
  scenarioOf("known", { verdicts: [{ ...VIOLATED, rule: "INV-05", judgement: "known-violation", known: KNOWN }] }),
  scenarioOf("undecided", {
    outcome: "undecided",
    verdicts: [{ ...HOLDS, outcome: "unknown", judgement: "undecided" }],
    faults: [
      { id: "cut", state: "missed", why: "the run ended before its anchor was reached", events: [] },
      { id: "slow", state: "failed", events: [7] },
    ],
  }),
  scenarioOf("not-exercised", {
    outcome: "not-exercised",
    notExercised: "not for this client",
    verdicts: [{ ...HOLDS, outcome: "not-exercised" }],
    runs: 0,
  }),
];

function reportOf(given: Partial<RunReport>): RunReport {
  return {
    formatVersion: 1,
    client: "reference",
    backend: "embedded",
    target: "reference",
    startedAt: "2026-11-23T05:00:00.000Z",
    durationMs: 2_345,
    versions: { cutwire: "0.1.0", node: "20.20.2" },
    scenarios: SCENARIOS,
    interrupted: false,
    exitCode: 1,
    ...given,
  };
}

const REPORTS: readonly RunReport[] = [
  reportOf({}),
  reportOf({ scenarios: [], exitCode: 2 }),
  reportOf({ scenarios: SCENARIOS.slice(0, 1), exitCode: 0 }),
  reportOf({ interrupted: true, exitCode: 130 }),
  reportOf({ knownGone: [KNOWN, { rule: "INV-01" }] }),
];

/** A report in which everything that a client, a server or a user may have written is that text. */
function reportSaying(text: string): RunReport {
  const verdict: JudgedVerdict = { ...VIOLATED, message: text, advice: text, witness: [text], shape: [text] };
  const faults = [{ id: "cut", state: "missed", why: text, events: [] }] as const;
  const scenario = scenarioOf(text, {
    why: text,
    outcome: "violated",
    verdicts: [verdict],
    faults,
    replayCommand: text,
  });
  const knownGone = [{ rule: "INV-01", why: text, issue: text }];
  return reportOf({ client: text, target: text, scenarios: [scenario], knownGone });
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

function plain(reporter: Reporter, report: RunReport): string {
  const text: unknown = reporter.render(report, { paint: PLAIN_PAINT });
  assert.ok(typeof text === "string", "it renders something else than a text");
  return text;
}

const MARKS = /[⟦⟧]/g;
const mark = (text: string): string => `⟦${text}⟧`;
const MARKING_PAINT: Paint = { good: mark, bad: mark, doubtful: mark, strong: mark, faint: mark };

/** What every reporter owes to a stored report. */
export const REPORTER_CONTRACT: readonly Clause<Reporter>[] = [
  {
    title: "has a name that can be typed",
    holds: ({ name }) => assert.match(name, /^[a-z][a-z0-9-]*$/),
  },
  {
    title: "renders every kind of report to whole lines, or to nothing",
    holds(reporter) {
      for (const report of REPORTS) {
        const text = plain(reporter, report);
        assert.ok(text === "" || text.endsWith("\n"), "its last line has no end");
      }
    },
  },
  {
    title: "names each violation that was not expected, and each that is gone, with its scenario",
    holds(reporter) {
      const text = plain(reporter, reportOf({}));
      for (const [scenario, rule] of [
        ["violated", "INV-02"],
        ["gone", "INV-04"],
      ] as const) {
        assert.ok(text.includes(rule), `${rule} of the scenario "${scenario}" is not named`);
        assert.ok(text.includes(scenario), `the scenario "${scenario}" is not named`);
      }
      assert.ok(text.includes("operation book was carried out twice"), "it does not say what happened");
    },
  },
  {
    title: "tells a report apart from one in which all went well",
    holds(reporter) {
      const good = plain(reporter, reportOf({ scenarios: SCENARIOS.slice(0, 1), exitCode: 0 }));
      const bad = plain(reporter, reportOf({ scenarios: SCENARIOS.slice(2, 3), exitCode: 1 }));
      assert.notEqual(bad, good);
      assert.ok(!good.includes("INV-02"));
    },
  },
  {
    title: "reads the report and nothing else: the same text each time, also from a stored one, and nothing is changed",
    holds(reporter) {
      for (const report of REPORTS) {
        const stored = frozen(JSON.parse(JSON.stringify(report)) as RunReport);
        const text = plain(reporter, stored);
        assert.equal(plain(reporter, stored), text);
        assert.equal(plain(reporter, report), text);
      }
    },
  },
  {
    title: "says with colours what it says without",
    holds(reporter) {
      for (const report of REPORTS) {
        const painted = reporter.render(report, { paint: MARKING_PAINT });
        assert.equal(painted.replaceAll(MARKS, ""), plain(reporter, report));
      }
    },
  },
  {
    title: "renders whatever a client, a server or a user may have written",
    holds(reporter) {
      for (const text of AWKWARD_TEXTS) plain(reporter, reportSaying(text));
      const commands = ["]]>", "::error::", "%0A", "<b>&amp;", "\u0007", "%s %d", "${x}", "--"];
      for (const text of commands) plain(reporter, reportSaying(text));
    },
  },
  {
    title: "renders a thousand scenarios",
    holds(reporter) {
      const scenarios = Array.from({ length: 1_000 }, (_, index) =>
        scenarioOf(`scenario-${index}`, { outcome: "violated", verdicts: [VIOLATED] }),
      );
      const text = plain(reporter, reportOf({ scenarios }));
      for (const { name } of scenarios) assert.ok(text.includes(name), `${name} is left out`);
    },
  },
];

/**
 * Declares the contract of reporters for one of them.
 *
 * @example describeReporter(consoleReporter);
 */
export function describeReporter(reporter: Reporter): void {
  describeClauses(`the reporter "${reporter.name}"`, REPORTER_CONTRACT, () => reporter);
}
