import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { PLAIN_PAINT } from "../reporter.ts";
import { reportOf, scenarioOf, verdictOf } from "../report-fixture.test-support.ts";
import type { RunReport } from "../run-report.ts";
import { junitReporter } from "./junit.ts";

const VIOLATION = verdictOf({
  outcome: "violated",
  judgement: "unexpected-violation",
  message: 'operation "a" <b> & c was lost',
  evidence: [3, 9],
  witness: ["3 at 1 ms: the client sent response.create"],
});

function render(given: Partial<RunReport>): string {
  return junitReporter.render(reportOf(given), { paint: PLAIN_PAINT });
}

describe("the JUnit report", () => {
  it("has a test case for each scenario, and counts them", () => {
    const text = render({
      scenarios: [
        scenarioOf({ name: "well" }),
        scenarioOf({
          name: "broken",
          outcome: "violated",
          verdicts: [VIOLATION],
          replayCommand: "npx cutwire replay r",
        }),
        scenarioOf({
          name: "open",
          outcome: "undecided",
          faults: [{ id: "cut", state: "missed", why: "late", events: [] }],
        }),
      ],
    });
    const counts = 'tests="3" failures="1" errors="1" skipped="0" time="2.345"';
    expect(text).toContain(`<testsuites name="cutwire" ${counts}>`);
    expect(text).toContain(`<testsuite name="reference against reference on embedded" ${counts} timestamp=`);
    expect(text).toContain('<testcase name="well" classname="cutwire.reference" time="1.234"/>');
    expect(text).toContain(
      '<failure type="violated" message="INV-03 violated: operation &quot;a&quot; &lt;b&gt; &amp; c was lost">broken&#10;',
    );
    expect(text).toContain("      3 at 1 ms: the client sent response.create&#10;");
    expect(text).toContain("replay   npx cutwire replay r</failure>");
    expect(text).toContain('<error type="undecided" message="">open&#10;');
    expect(text).toContain("fault cut missed: late&#10;");
  });

  it("skips what was not exercised, and says why", () => {
    const notExercised = "not for this client: it never idles";
    const text = render({ scenarios: [scenarioOf({}), scenarioOf({ outcome: "not-exercised", notExercised })] });
    expect(text).toContain('tests="2" failures="0" errors="0" skipped="1"');
    expect(text).toContain(`<skipped message="${notExercised}"/>`);
  });

  it("passes what is known, and tells it", () => {
    const known = { rule: "INV-03", scenario: "broken", issue: "#12" };
    const verdict = { ...VIOLATION, judgement: "known-violation", known } as const;
    const text = render({ scenarios: [scenarioOf({ name: "broken", verdicts: [verdict] })], knownGone: [known] });
    expect(text).toContain('failures="0"');
    expect(text).toContain("<system-out>broken&#10;");
    expect(text).toContain("INV-03 result-not-lost: violated (known: #12)&#10;");
    expect(text).toContain("<system-out>INV-03 is no longer violated in broken (known: #12): take it out");
  });

  it("stays well-formed whatever a client says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const verdict = { ...VIOLATION, message, witness: [message] };
        const text = render({ client: message, scenarios: [scenarioOf({ outcome: "violated", verdicts: [verdict] })] });
        const tags = [...text.matchAll(/<[^>]*>/g)].map(([tag]) => /^<[/?]?[a-z-]+/.exec(tag)?.[0]);
        expect(tags).toEqual([
          "<?xml",
          "<testsuites",
          "<testsuite",
          "<testcase",
          "<failure",
          "</failure",
          "</testcase",
          "</testsuite",
          "</testsuites",
        ]);
      }),
    );
  });
});
