import { describe, expect, it } from "vitest";

import { HarnessError } from "../errors.ts";
import { readExpectation, replayExitCode } from "./replay-exit-code.ts";

describe("the exit code of a replay", () => {
  it.each([
    { outcome: "reproduced", fixed: 1, reproduced: 0 },
    { outcome: "different", fixed: 1, reproduced: 1 },
    { outcome: "fixed", fixed: 0, reproduced: 1 },
    { outcome: "undecided", fixed: 2, reproduced: 2 },
  ] as const)("is $fixed where $outcome, and $reproduced where the failure is expected", (row) => {
    expect(replayExitCode(row.outcome, "fixed")).toBe(row.fixed);
    expect(replayExitCode(row.outcome, "reproduced")).toBe(row.reproduced);
  });

  it("goes by the failure being gone unless it is expected", () => {
    expect([undefined, "fixed", "reproduced"].map(readExpectation)).toEqual(["fixed", "fixed", "reproduced"]);
    expect(() => readExpectation("gone")).toThrow(HarnessError);
  });
});
