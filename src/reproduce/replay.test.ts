import { describe, expect, it } from "vitest";

import { compareReplay } from "./replay.ts";
import { reproductionOf, resultOf } from "./reproduction-fixture.test-support.ts";

const FILE = reproductionOf("INV-02", "INV-03");
const CLEAN = resultOf({ "INV-02": "holds", "INV-03": "holds", "INV-24": "holds" });

describe("a replay against the failure in its file", () => {
  it("is reproduced where one rule of the file was violated in one run", () => {
    expect(compareReplay(FILE, [CLEAN, resultOf({ "INV-02": "holds", "INV-03": "violated" })])).toEqual({
      outcome: "reproduced",
      counts: [
        { rule: "INV-02", violatedRuns: 0 },
        { rule: "INV-03", violatedRuns: 1 },
      ],
      otherRules: [],
      runs: 2,
    });
  });

  it("is reproduced, though another rule was violated too, and though the fault missed", () => {
    const both = resultOf({ "INV-02": "violated", "INV-24": "violated" }, { fault: "missed" });
    expect(compareReplay(FILE, [both])).toMatchObject({ outcome: "reproduced", otherRules: ["INV-24"] });
  });

  it("is a different failure where only other rules were violated, each named once", () => {
    const other = resultOf({ "INV-24": "violated", "INV-02": "holds" });
    expect(compareReplay(FILE, [other, other])).toMatchObject({ outcome: "different", otherRules: ["INV-24"] });
  });

  it("is fixed where nothing was violated in any run and every fault fired", () => {
    expect(compareReplay(FILE, [CLEAN, CLEAN])).toMatchObject({ outcome: "fixed", runs: 2 });
  });

  it("is fixed though a rule that the file does not name stayed unknown", () => {
    const unsure = resultOf({ "INV-02": "holds", "INV-03": "not-exercised", "INV-42": "unknown" });
    expect(compareReplay(FILE, [unsure]).outcome).toBe("fixed");
  });

  it.each([
    { where: "a fault missed in one run", result: resultOf({ "INV-02": "holds" }, { fault: "missed" }) },
    { where: "a fault failed in one run", result: resultOf({ "INV-02": "holds" }, { fault: "failed" }) },
    { where: "a rule of the file stayed unknown", result: resultOf({ "INV-02": "unknown" }) },
    { where: "a run was interrupted", result: resultOf({ "INV-02": "holds" }, { interrupted: true }) },
  ])("is undecided where $where", ({ result }) => {
    expect(compareReplay(FILE, [CLEAN, result]).outcome).toBe("undecided");
  });

  it("is undecided where nothing ran", () => {
    expect(compareReplay(FILE, [])).toMatchObject({ outcome: "undecided", runs: 0 });
  });
});
