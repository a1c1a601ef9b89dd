import { describe, expect, it } from "vitest";

import type { Expectation } from "../plan/scenario.ts";
import { resultOf } from "../reproduce/reproduction-fixture.test-support.ts";
import { acceptOutcomes } from "./accepted-outcomes.ts";

const KNOWN: Expectation = { rule: "INV-03", outcome: "violated", issue: "#12", until: "2.0.0" };

describe("the outcomes that are accepted", () => {
  it("are the worst that each rule came to in any run, without what had nothing to judge", () => {
    const results = [
      resultOf({ "INV-01": "holds", "INV-02": "holds", "INV-03": "unknown", "INV-22": "not-exercised" }),
      resultOf({ "INV-01": "holds", "INV-02": "violated", "INV-03": "holds", "INV-22": "not-exercised" }),
    ];
    expect(acceptOutcomes([], results)).toEqual({
      expect: [
        { rule: "INV-01", outcome: "holds" },
        { rule: "INV-02", outcome: "violated" },
        { rule: "INV-03", outcome: "unknown" },
      ],
      changes: [
        { rule: "INV-01", from: undefined, to: "holds" },
        { rule: "INV-02", from: undefined, to: "violated" },
        { rule: "INV-03", from: undefined, to: "unknown" },
      ],
    });
  });

  it("keep what is noted in an expectation that is still met, and no other", () => {
    expect(acceptOutcomes([KNOWN], [resultOf({ "INV-03": "violated" })])).toEqual({ expect: [KNOWN], changes: [] });
    expect(acceptOutcomes([KNOWN], [resultOf({ "INV-03": "holds" })])).toEqual({
      expect: [{ rule: "INV-03", outcome: "holds" }],
      changes: [{ rule: "INV-03", from: "violated", to: "holds" }],
    });
  });

  it("leave out a rule that was expected and is no longer judged", () => {
    const expected: readonly Expectation[] = [
      { rule: "INV-01", outcome: "holds" },
      { rule: "B1", outcome: "holds" },
    ];
    expect(acceptOutcomes(expected, [resultOf({ "INV-01": "not-exercised" })])).toEqual({
      expect: [],
      changes: [
        { rule: "INV-01", from: "holds", to: undefined },
        { rule: "B1", from: "holds", to: undefined },
      ],
    });
  });

  it("leave alone what is expected of a rule that could not be judged with this target", () => {
    const expected: readonly Expectation[] = [{ rule: "INV-01", outcome: "holds" }];
    const results = [resultOf({ "INV-01": "not-exercised", "INV-02": "not-exercised" })];
    expect(acceptOutcomes(expected, results, new Set(["INV-01", "INV-02"]))).toEqual({ expect: expected, changes: [] });
  });
});
