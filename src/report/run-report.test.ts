import { describe, expect, it } from "vitest";

import { scenarioOf } from "./report-fixture.test-support.ts";
import { exitCodeOf } from "./run-report.ts";

const WELL = scenarioOf({});
const VIOLATED = scenarioOf({ outcome: "violated" });
const UNDECIDED = scenarioOf({ outcome: "undecided" });

describe("the exit code of a run", () => {
  it.each([
    ["0 where all is as expected", [WELL, WELL], false, 0],
    ["1 where one scenario is violated, though another is undecided", [WELL, UNDECIDED, VIOLATED], false, 1],
    ["2 where one is undecided", [WELL, UNDECIDED], false, 2],
    ["2 where nothing ran", [], false, 2],
    ["130 where it was interrupted, whatever was found", [VIOLATED], true, 130],
    ["130 where it was interrupted before anything ran", [], true, 130],
  ] as const)("is %s", (_, scenarios, interrupted, code) => {
    expect(exitCodeOf(scenarios, interrupted)).toBe(code);
  });
});
