import { describe, expect, it } from "vitest";

import type { Checker } from "../check/checker.ts";
import { createSystemClock } from "../determinism/clock.ts";
import type { Target } from "../run/target.ts";
import type { Harness } from "./harness.ts";
import { compareReplay, settingsOfReplay } from "./replay.ts";
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

  it("is undecided where the target's own model left a rule of the file nothing to judge", () => {
    const result = resultOf({ "INV-02": "not-exercised", "INV-03": "holds" });
    const names = { plan: "0", client: "c", backend: "b", target: "ws://127.0.0.1:8080/v1" };
    const started = { source: "harness", kind: "run-started", sequence: 0, sourceSequence: 0, atMs: 0 } as const;
    const judge = (scripted: boolean): string =>
      compareReplay(FILE, [{ ...result, record: { ...result.record, history: [{ ...started, ...names, scripted }] } }])
        .outcome;
    expect([judge(true), judge(false)]).toEqual(["fixed", "undecided"]);
  });

  it("is undecided where nothing ran", () => {
    expect(compareReplay(FILE, [])).toMatchObject({ outcome: "undecided", runs: 0 });
  });
});

const NEVER: Promise<never> = new Promise(() => undefined);

describe("what a reproduction is replayed with", () => {
  const named = (name: string, isScripted: boolean): Target => ({ name, isScripted, open: async () => await NEVER });
  const checkerOf = (rule: string, needsScript: boolean): Checker => {
    const words = { name: rule, claim: "", evidence: "", undecided: "", source: "", advice: "" };
    return { ...words, rule, needsScript, check: () => ({ outcome: "holds", message: "", evidence: [] }) };
  };
  const harness: Harness = {
    clock: createSystemClock(),
    backends: new Map([["embedded", { name: "embedded", capabilities: new Set(), open: async () => await NEVER }]]),
    targets: new Map([["reference", named("reference", true)]]),
    targetAt: (url) => named(url, false),
    clients: new Map([["reference", "file:///reference.js"]]),
    appliers: new Map(),
    checkers: [checkerOf("INV-02", true), checkerOf("INV-03", true), checkerOf("INV-22", false)],
  };
  const URL_OF_SERVER = "ws://127.0.0.1:8080/v1";

  it("is what its file says, the reference server where that says nothing, and what was chosen instead", () => {
    const file = reproductionOf("INV-22");
    const targetOf = (stored: typeof file, target?: string): string =>
      settingsOfReplay(stored, target === undefined ? {} : { target }, harness).target;
    expect(targetOf(file)).toBe("reference");
    expect(targetOf({ ...file, target: URL_OF_SERVER })).toBe(URL_OF_SERVER);
    expect(targetOf({ ...file, target: URL_OF_SERVER }, "reference")).toBe("reference");
    expect(() => targetOf(file, "moon")).toThrow(expect.objectContaining({ code: "HARNESS_UNKNOWN_NAME" }));
  });

  it("is refused where the target leaves no rule of the file to be judged", () => {
    const chosen = { target: URL_OF_SERVER };
    expect(() => settingsOfReplay(reproductionOf("INV-02", "INV-03"), chosen, harness)).toThrow(
      expect.objectContaining({
        code: "HARNESS_INVALID_OPTION",
        message: expect.stringMatching(
          /brings its own model, and INV-02, INV-03 can be judged only .*--target reference/,
        ),
      }),
    );
    expect(settingsOfReplay(reproductionOf("INV-02", "INV-22"), chosen, harness).target).toBe(URL_OF_SERVER);
  });
});
