import { describe, expect, it } from "vitest";

import { PLAIN_PAINT } from "../reporter.ts";
import { reportOf, scenarioOf, verdictOf } from "../report-fixture.test-support.ts";
import { jsonReporter } from "./json.ts";

describe("the JSON report", () => {
  it("is the report, whole, as a text that ends with its line", () => {
    const repeated = { violatedRuns: 3, runs: 4 };
    const verdicts = [verdictOf({ outcome: "violated", judgement: "unexpected-violation", repeated })];
    const report = reportOf({ scenarios: [scenarioOf({ outcome: "violated", verdicts })], exitCode: 1 });
    const text = jsonReporter.render(report, { paint: PLAIN_PAINT });
    expect(JSON.parse(text)).toEqual(report);
    expect(text.endsWith("}\n")).toBe(true);
  });

  it("is the same text for the same report, whatever the order of its members", () => {
    const report = reportOf({ scenarios: [scenarioOf({})] });
    const turned = reportOf(Object.fromEntries(Object.entries(report).toReversed()));
    const text = jsonReporter.render(report, { paint: PLAIN_PAINT });
    expect(jsonReporter.render(turned, { paint: PLAIN_PAINT })).toBe(text);
    expect(text.indexOf('"backend"')).toBeLessThan(text.indexOf('"client"'));
  });
});
