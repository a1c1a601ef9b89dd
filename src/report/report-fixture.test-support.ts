import type { JudgedVerdict, RunReport, ScenarioReport } from "./run-report.ts";

/** A verdict of a report; whatever is not given is as in a scenario that went well. */
export function verdictOf(given: Partial<JudgedVerdict>): JudgedVerdict {
  return {
    checker: "result-not-lost",
    rule: "INV-03",
    outcome: "holds",
    message: "each of 1 tool results reached the model once",
    advice: "Keep a finished tool's result apart from the connection that asked for it.",
    evidence: [],
    expected: "holds",
    judgement: "as-expected",
    ...given,
  };
}

/** A scenario of a report; whatever is not given is as in one that went well. */
export function scenarioOf(given: Partial<ScenarioReport>): ScenarioReport {
  return {
    name: "fin-mid-text",
    why: "The answer is cut off in the middle of its text.",
    outcome: "as-expected",
    verdicts: [verdictOf({})],
    faults: [{ id: "cut", state: "fired", events: [3] }],
    runs: 1,
    durationMs: 1_234,
    directory: ".cutwire/run/fin-mid-text",
    ...given,
  };
}

/** A report; whatever is not given is as in a run without scenarios. */
export function reportOf(given: Partial<RunReport>): RunReport {
  return {
    formatVersion: 1,
    client: "reference",
    backend: "embedded",
    target: "reference",
    startedAt: "2026-11-23T05:00:00.000Z",
    durationMs: 2_345,
    versions: { cutwire: "0.1.0", node: "20.20.2" },
    scenarios: [],
    interrupted: false,
    exitCode: 0,
    ...given,
  };
}
