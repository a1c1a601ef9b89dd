import { describe, expect, it } from "vitest";

import { scenarioOf } from "./report-fixture.test-support.ts";
import { exitCodeOf } from "./run-report.ts";

const WELL = scenarioOf({});
const VIOLATED = scenarioOf({ outcome: "violated" });
const UNDECIDED = scenarioOf({ outcome: "undecided" });
const NOT_EXERCISED = scenarioOf({ outcome: "not-exercised", notExercised: "not for this client: it never idles" });

describe("the exit code of a run", () => {
  it.each([
    { is: "0 where all is as expected", scenarios: [WELL, WELL], code: 0 },
    { is: "1 where one is violated, though another is undecided", scenarios: [WELL, UNDECIDED, VIOLATED], code: 1 },
    { is: "2 where one is undecided", scenarios: [WELL, UNDECIDED], code: 2 },
    { is: "2 where nothing ran", scenarios: [], code: 2 },
    { is: "0 where one was not exercised and the rest is as expected", scenarios: [WELL, NOT_EXERCISED], code: 0 },
    { is: "2 where nothing was exercised", scenarios: [NOT_EXERCISED, NOT_EXERCISED], code: 2 },
    { is: "2 where one is undecided and another not exercised", scenarios: [UNDECIDED, NOT_EXERCISED], code: 2 },
    { is: "130 where it was interrupted, whatever was found", scenarios: [VIOLATED], interrupted: true, code: 130 },
    { is: "130 where it was interrupted before anything ran", scenarios: [], interrupted: true, code: 130 },
  ])("is $is", ({ scenarios, interrupted = false, code }) => {
    expect(exitCodeOf(scenarios, interrupted)).toBe(code);
  });
});
