import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { stableJson } from "../determinism/stable-json.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import { FAULT_MOULDS, mouldNameOf, mouldsFor, TOXIC_MOULDS } from "./fault-mould.ts";
import { planArbitrary } from "./plan-arbitrary.ts";

const SAMPLES = 500;
const sample = (seed: number): readonly Plan[] => fc.sample(planArbitrary(), { numRuns: SAMPLES, seed });

/** How much there is to a plan: shrinking has to make it less. */
function sizeOf(plan: Plan): number {
  return stableJson(plan).length;
}

describe("generated plans", () => {
  it("are valid, and each has a fault", () => {
    for (const plan of sample(1)) {
      expect(PlanSchema.safeParse(plan).success).toBe(true);
      expect(plan.faults.length).toBeGreaterThan(0);
    }
  });

  it("are the same ones for the same seed, and others for another", () => {
    expect(stableJson(sample(7))).toBe(stableJson(sample(7)));
    expect(stableJson(sample(7))).not.toBe(stableJson(sample(8)));
  });

  it("come to every mould, and strike at every protocol point", () => {
    const plans = sample(3);
    const points = new Set(
      plans.flatMap(({ faults }) => faults.map(({ when }) => (when.at.kind === "point" ? when.at.point : ""))),
    );
    expect([...points].toSorted()).toEqual(Array.from({ length: 15 }, (_, index) => `P${index}`).toSorted());
    for (const { variants } of FAULT_MOULDS) {
      const made = new Set(variants.map(({ fault }) => stableJson(fault)));
      expect(plans.some(({ faults }) => faults.some(({ fault }) => made.has(stableJson(fault))))).toBe(true);
    }
  });
});

describe("plans for a wire that cannot make every fault", () => {
  /** A wire without RST, on which nothing strikes at P5. */
  const isAble = ({ fault, when }: ScheduledFault): boolean =>
    !(fault.kind === "cut" && fault.mode === "rst") && !(when.at.kind === "point" && when.at.point === "P5");
  const moulds = mouldsFor(isAble);

  it("hold what it can make, where it can, and the toxics of Toxiproxy besides", () => {
    const faults = fc.sample(planArbitrary({ moulds }), { numRuns: SAMPLES, seed: 3 }).flatMap((plan) => plan.faults);
    expect(faults.filter((scheduled) => !isAble(scheduled))).toEqual([]);
    const usual = FAULT_MOULDS.map(({ name }) => name).filter((name) => name !== "rst");
    const made = new Set(faults.map(({ fault }) => mouldNameOf(fault)));
    expect(made).toEqual(new Set([...usual, ...TOXIC_MOULDS.map(({ name }) => name)]));
  });

  it("are valid, and shrink by the same moulds alone", () => {
    const arbitrary = planArbitrary({ moulds });
    for (const plan of fc.sample(arbitrary, { numRuns: 50, seed: 5 })) {
      expect(PlanSchema.safeParse(plan).success).toBe(true);
      expect(arbitrary.canShrinkWithoutContext(JSON.parse(JSON.stringify(plan)))).toBe(true);
    }
    const toxic = fc
      .sample(arbitrary, { numRuns: SAMPLES, seed: 3 })
      .find(({ faults }) => faults.some(({ fault }) => mouldNameOf(fault) === "limit-data"));
    expect(planArbitrary().canShrinkWithoutContext(toxic)).toBe(false);
  });

  it("are the usual ones where it can make them all", () => {
    expect(mouldsFor(() => true)).toBe(FAULT_MOULDS);
  });
});

describe("a plan out of a file", () => {
  it("shrinks like one that was just generated", () => {
    const arbitrary = planArbitrary();
    for (const plan of sample(11).slice(0, 50)) {
      const stored = JSON.parse(JSON.stringify(plan)) as Plan;
      expect(arbitrary.canShrinkWithoutContext(stored)).toBe(true);
      const kept: Plan[] = [];
      // Whatever fast-check tries is a failure, so the last one that it keeps is the smallest there is.
      const failing = fc.property(arbitrary, (tried) => {
        kept.push(tried);
        return false;
      });
      fc.check(failing, { examples: [[stored]], numRuns: 1, seed: 1 });
      const smallest = kept.at(-1) ?? plan;
      expect(sizeOf(smallest)).toBeLessThanOrEqual(sizeOf(plan));
      expect(smallest.faults.length).toBe(1);
      expect(smallest.workload.sessions[0]?.turns.length).toBe(1);
    }
  });

  it("that the generator could not have made is left alone", () => {
    const [plan] = sample(1);
    const foreign = { ...plan, limits: { ...plan?.limits, runMs: 1 } };
    expect(planArbitrary().canShrinkWithoutContext(foreign)).toBe(false);
  });
});
