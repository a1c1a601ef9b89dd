import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { PLAIN_PAINT } from "../reporter.ts";
import { reportOf, scenarioOf, verdictOf } from "../report-fixture.test-support.ts";
import type { RunReport } from "../run-report.ts";
import { githubReporter } from "./github.ts";

const VIOLATION = verdictOf({
  outcome: "violated",
  judgement: "unexpected-violation",
  message: "100% lost,\nall of it",
});

function render(given: Partial<RunReport>): string {
  return githubReporter.render(reportOf(given), { paint: PLAIN_PAINT });
}

describe("the annotations for GitHub", () => {
  it("are none where all is well", () => {
    expect(render({ scenarios: [scenarioOf({})] })).toBe("");
  });

  it("are an error for a violation, with its advice and the command that has it again", () => {
    const scenario = scenarioOf({
      outcome: "violated",
      verdicts: [{ ...VIOLATION, repeated: { violatedRuns: 2, runs: 4 } }],
      replayCommand: "npx cutwire replay r.json",
    });
    expect(render({ scenarios: [scenario] })).toBe(
      "::error title=fin-mid-text%3A INV-03 violated::100%25 lost,%0Aall of it%0Ain 2 of 4 runs%0A" +
        "advice: Keep a finished tool's result apart from the connection that asked for it.%0A" +
        "replay: npx cutwire replay r.json\n",
    );
  });

  it("are an error for an expected violation that is gone", () => {
    const verdict = verdictOf({ expected: "violated", judgement: "missing-violation" });
    expect(render({ scenarios: [scenarioOf({ outcome: "violated", verdicts: [verdict] })] })).toMatch(
      /^::error title=fin-mid-text%3A INV-03 holds::expected: violated%0A/,
    );
  });

  it("are one warning where a fault did not fire, and one for each rule that is undecided by itself", () => {
    const verdicts = [verdictOf({ outcome: "unknown", judgement: "undecided", message: "too close" })];
    const missed = scenarioOf({ faults: [{ id: "cut", state: "missed", why: "never reached", events: [] }], verdicts });
    expect(render({ scenarios: [missed] })).toBe(
      "::warning title=fin-mid-text%3A fault cut missed::never reached; what holds is undecided\n",
    );
    expect(render({ scenarios: [scenarioOf({ verdicts })] })).toBe(
      "::warning title=fin-mid-text%3A INV-03 unknown::too close\n",
    );
  });

  it("are one notice for a scenario that was not exercised", () => {
    const faults = [{ id: "cut", state: "missed", why: "never reached", events: [] }] as const;
    const verdicts = [verdictOf({ outcome: "unknown", judgement: "undecided" })];
    const notExercised = "not for this client: it never idles";
    expect(render({ scenarios: [scenarioOf({ outcome: "not-exercised", notExercised, faults, verdicts })] })).toBe(
      `::notice title=fin-mid-text%3A not exercised::${notExercised}\n`,
    );
  });

  it("are notices for what is known, and for what was known and is gone", () => {
    const known = { rule: "INV-03", scenario: "fin-mid-text", why: "not yet" };
    const verdict = { ...VIOLATION, judgement: "known-violation", known } as const;
    expect(render({ scenarios: [scenarioOf({ verdicts: [verdict] })], knownGone: [known] })).toMatch(
      /^::notice title=fin-mid-text%3A INV-03 violated::known: not yet%0A.*\n::notice title=known INV-03::INV-03 is no longer/,
    );
  });

  it("are one line each, whatever a client says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const text = render({ scenarios: [scenarioOf({ name: message, verdicts: [{ ...VIOLATION, message }] })] });
        expect(text).toMatch(/^::error title=[^:,\r\n]*::[^\r\n]*\n$/);
      }),
    );
  });
});
