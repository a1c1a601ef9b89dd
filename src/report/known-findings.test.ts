import { describe, expect, it } from "vitest";

import { findGone, findKnown, parseKnownFindings } from "./known-findings.ts";
import { scenarioOf, verdictOf } from "./report-fixture.test-support.ts";
import type { KnownFinding } from "./run-report.ts";
import { tellViolations } from "./violations.ts";

const BY_SCENARIO: KnownFinding = { rule: "INV-03", scenario: "fin-mid-text" };
const BY_SHAPE: KnownFinding = { rule: "INV-03", witness: ["tool tool-effect", "harness turn-ended"] };

describe("a file of known findings", () => {
  it("is read", () => {
    const findings = [{ ...BY_SCENARIO, why: "not yet", issue: "#12" }, BY_SHAPE];
    expect(parseKnownFindings(JSON.stringify({ formatVersion: 1, findings }), "known.json")).toEqual(findings);
  });

  it("is refused with every problem at its path", () => {
    const findings = [{ rule: "lost" }, { rule: "INV-03" }, { ...BY_SCENARIO, until: "soon" }];
    const read = (): unknown => parseKnownFindings(JSON.stringify({ formatVersion: 1, findings }), "known.json");
    expect(read).toThrow(
      expect.objectContaining({
        code: "HARNESS_INVALID_CONFIGURATION",
        message: expect.stringMatching(
          /^known\.json is not a list of known findings; \d problems:\n  findings\[0\]\.rule: .*\n(.*\n)?  findings\[1\]: say where .*\n  findings\[2\]: .*until/,
        ),
      }),
    );
  });
});

describe("a violation", () => {
  const seen = { scenario: "fin-mid-text", shape: BY_SHAPE.witness ?? [] };

  it.each([
    ["its scenario", BY_SCENARIO, true],
    ["its shape", BY_SHAPE, true],
    ["both", { ...BY_SCENARIO, ...BY_SHAPE }, true],
    ["another scenario", { ...BY_SCENARIO, scenario: "other" }, false],
    ["another shape", { ...BY_SHAPE, witness: ["tool tool-effect"] }, false],
    ["its scenario with another shape", { ...BY_SCENARIO, witness: ["tool tool-effect"] }, false],
    ["another rule", { ...BY_SCENARIO, rule: "INV-02" }, false],
  ])("is held against %s", (_what, finding, isKnown) => {
    expect(findKnown(verdictOf({}), seen, [finding])).toBe(isKnown ? finding : undefined);
  });

  it("is marked as known only where it was not expected, and told in words always", () => {
    const violated = verdictOf({ outcome: "violated", judgement: "unexpected-violation", evidence: [0] });
    const place = {
      scenario: "fin-mid-text",
      history: [
        { sequence: 0, sourceSequence: 0, atMs: 3, source: "tool", kind: "tool-effect", execution: 0 },
      ] as const,
      known: [BY_SCENARIO],
    };
    const expected = { ...violated, expected: "violated", judgement: "as-expected" } as const;
    const told = tellViolations([violated, expected, verdictOf({})], place);
    expect(told.map(({ judgement }) => judgement)).toEqual(["known-violation", "as-expected", "as-expected"]);
    expect(told.map(({ witness }) => witness)).toEqual([
      ["0 at 3 ms: tool run 0 took effect"],
      ["0 at 3 ms: tool run 0 took effect"],
      undefined,
    ]);
    expect(told[0]).toMatchObject({ shape: ["tool tool-effect"], known: BY_SCENARIO });
  });
});

describe("a known finding that is gone", () => {
  const hold = scenarioOf({});
  const known = scenarioOf({ verdicts: [verdictOf({ outcome: "violated", known: BY_SCENARIO })] });
  const unknown = scenarioOf({ verdicts: [verdictOf({ outcome: "unknown" })] });

  it.each([
    ["where its rule now holds", [hold], [BY_SCENARIO]],
    ["not where it was seen", [known], []],
    ["not where its rule is undecided", [unknown], []],
    ["not where its scenario was not run", [scenarioOf({ name: "other" })], []],
    ["not where nothing was run", [], []],
  ])("is said %s", (_what, scenarios, gone) => {
    expect(findGone([BY_SCENARIO], scenarios)).toEqual(gone);
  });
});
