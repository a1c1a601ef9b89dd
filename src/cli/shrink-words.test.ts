import { describe, expect, it } from "vitest";

import { sizeOfPlan } from "../explore/shrink/plan-size.ts";
import type { ShrinkOutcome } from "../explore/shrink/shrink-reproduction.ts";
import { reproductionOf, resultOf } from "../reproduce/reproduction-fixture.test-support.ts";
import { createPaint } from "./paint.ts";
import { printShrinking, shrinkExitCode } from "./shrink-words.ts";

const FILE = reproductionOf("INV-02", "INV-03");
const SIZE = sizeOfPlan(FILE.plan);

function searched(
  given: Partial<Extract<ShrinkOutcome, { outcome: "smaller" | "nothing-smaller" }>>,
): Extract<ShrinkOutcome, { outcome: "smaller" | "nothing-smaller" }> {
  const before = { ...SIZE, sessions: 3, turns: 7, calls: 6, faults: 5, sizeBytes: 2929 };
  const common = { before, rule: "INV-02", plan: FILE.plan, size: SIZE, tried: 18, endedBy: "nothing-left" } as const;
  return { outcome: "smaller", ...common, ...given };
}

function print(outcome: ShrinkOutcome): string {
  const paint = createPaint(false);
  return printShrinking(outcome, { reproduction: FILE, file: "a b.json", out: "a b.min.json", given: "60s", paint });
}

const GONE: ShrinkOutcome = {
  outcome: "gone",
  runs: [
    resultOf({ "INV-02": "violated", "INV-24": "violated" }),
    resultOf({ "INV-02": "holds" }, { fault: "missed" }),
  ],
  rules: ["INV-02", "INV-03"],
};

describe("what is said of a plan that was shrunk", () => {
  it("is how much was left out, what is left, and how to have it again", () => {
    const faults = [
      {
        id: "cut",
        fault: { kind: "cut", mode: "fin" },
        when: { place: { session: 0 }, at: { kind: "point", point: "P6", occurrence: 1 } },
        heal: { kind: "on-close" },
      },
    ] as const;
    const text = print(searched({ plan: { ...FILE.plan, faults } }));
    expect(text.split("\n")).toEqual([
      "smaller: INV-02 is still violated, with the same witness",
      "            before   after",
      "  sessions       3       1",
      "  turns          7       1",
      "  calls          6       0",
      "  faults         5       0",
      `  bytes       2929${String(SIZE.sizeBytes).padStart(8)}`,
      "  left: fault cut: cut at P6 of session 0",
      "  18 smaller plans were tried; whatever else could be left out, the failure goes with it",
      "  not looked after: INV-03; choose with --rule",
      "plan     a b.min.json",
      "replay   npx cutwire replay 'a b.min.json'",
      "",
    ]);
  });

  it.each([
    { endedBy: "tries", words: "18 smaller plans were tried, as many as --tries allows; there are more" },
    { endedBy: "signal", words: "18 smaller plans were tried until it was ended (--for 60s); there may be more" },
  ] as const)("says where more could be found: $endedBy", ({ endedBy, words }) => {
    expect(print(searched({ endedBy }))).toContain(words);
    expect(print(searched({ endedBy, outcome: "nothing-smaller" }))).toContain(words);
  });

  it("tells nothing smaller from what could not be shrunk", () => {
    const nothing = print(searched({ outcome: "nothing-smaller", tried: 1 }));
    expect(nothing).toContain("nothing smaller found: INV-02 is violated by the plan as it is");
    expect(nothing).toContain("1 smaller plan was tried, and with none of them does it fail like this");
    expect(nothing).not.toContain("could not shrink");
    expect(print({ outcome: "stopped" })).toMatch(/^could not shrink: it was ended before/);
  });

  it("says how a plan behaves that does not fail any more", () => {
    expect(print(GONE).split("\n")).toEqual([
      "could not shrink: the plan as it is does not fail as its file says",
      "  INV-02: violated in 1 of 2",
      "  INV-03: violated in 0 of 2",
      "  violated instead: INV-24",
      "  fault cut missed: no reason given",
      "  written by cutwire 0.1.0 on embedded; see npx cutwire replay 'a b.json'",
      "",
    ]);
  });
});

describe("the exit code of shrinking", () => {
  it.each([
    { outcome: searched({}), code: 0 },
    { outcome: searched({ outcome: "nothing-smaller" }), code: 2 },
    { outcome: GONE, code: 3 },
    { outcome: { outcome: "stopped" } as const, code: 3 },
  ])("is $code where $outcome.outcome", ({ outcome, code }) => {
    expect(shrinkExitCode(outcome)).toBe(code);
  });
});
