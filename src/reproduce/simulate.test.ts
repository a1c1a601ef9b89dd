import { describe, expect, it } from "vitest";

import { effectNotRepeated } from "../check/checkers/effect-not-repeated.ts";
import { recoversOrReports } from "../check/checkers/recovers-or-reports.ts";
import { resultNotLost } from "../check/checkers/result-not-lost.ts";
import { client as forgetful } from "../run/clients/planted/m11.ts";
import { client as reference } from "../run/clients/reference.ts";
import { simulate } from "./simulate.ts";
import { CUT_AFTER_CALL, simulationHarness, SLOW_WIRE, toolPlan } from "./simulation-bed.test-support.ts";

const harness = simulationHarness([effectNotRepeated, resultNotLost, recoversOrReports]);

describe("a simulated run", () => {
  it("takes the reference client through a clean session", async () => {
    const { record, verdicts } = await simulate(toolPlan([]), reference, { harness });
    expect(verdicts.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      ["INV-02", "holds"],
      ["INV-03", "holds"],
      ["INV-23", "holds"],
    ]);
    expect(record.history.filter(({ kind }) => kind === "turn-ended")).toMatchObject([
      { outcome: "completed", probe: false },
      { outcome: "completed", probe: true },
    ]);
    expect(record.history.at(-1)).toMatchObject({ kind: "run-ended" });
    expect(record.history.at(-1)?.atMs).toBeGreaterThan(1_000);
  });

  it("cuts the wire where the plan says, and the reference client holds", async () => {
    const { faults, verdicts } = await simulate(toolPlan([CUT_AFTER_CALL]), reference, { harness });
    expect(faults).toMatchObject([{ state: "fired" }]);
    expect(verdicts.filter(({ outcome }) => outcome === "violated" || outcome === "unknown")).toEqual([]);
  });

  it("shows a planted bug", async () => {
    const { verdicts } = await simulate(toolPlan([CUT_AFTER_CALL]), forgetful, { harness });
    expect(verdicts.filter(({ outcome }) => outcome === "violated").map(({ rule }) => rule)).toContain("INV-02");
  });

  it("is the same to the last event when it is run again, with other runs in between", async () => {
    const plan = toolPlan([SLOW_WIRE, CUT_AFTER_CALL]);
    const first = await simulate(plan, reference, { harness });
    const other = await simulate({ ...plan, seed: 2 }, reference, { harness });
    const second = await simulate(plan, reference, { harness });
    expect(second.record.history).toEqual(first.record.history);
    expect(other.record.history).not.toEqual(first.record.history);
  });
});
