import { describe, expect, it } from "vitest";

import { stableJson } from "../determinism/stable-json.ts";
import type { Plan } from "../plan/plan.ts";
import { FAULT_MOULDS, mayEndTurn, mouldIndexOf } from "./fault-mould.ts";
import { spreadPlans } from "./spread-plans.ts";

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

function countBy(
  plans: readonly Plan[],
  nameOf: (fault: Plan["faults"][number]) => string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of plans.flatMap(({ faults }) => faults.map(nameOf))) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

describe("plans that are spread", () => {
  it.each(SEEDS)("come to every mould and every point with few of them (seed %i)", (seed) => {
    const plans = spreadPlans(40, seed);
    const moulds = countBy(plans, ({ fault }) => String(mouldIndexOf(fault)));
    const points = countBy(plans, ({ when }) => (when.at.kind === "point" ? when.at.point : ""));
    for (const index of FAULT_MOULDS.keys()) expect(moulds.get(String(index)) ?? 0).toBeGreaterThanOrEqual(4);
    for (let point = 0; point <= 14; point += 1) expect(points.get(`P${point}`) ?? 0).toBeGreaterThanOrEqual(2);
  });

  it("come to a clean close within visible text before long, as every mould to every point", () => {
    for (const seed of SEEDS) {
      const plans = spreadPlans(300, seed);
      const both = countBy(plans, ({ fault, when }) =>
        fault.kind === "close" && fault.code === 1000 && when.at.kind === "point" ? when.at.point : "",
      );
      expect(both.get("P12") ?? 0).toBeGreaterThanOrEqual(1);
    }
  });

  it("hold no fault that leaves another of the same plan nothing to strike", () => {
    for (const { faults } of SEEDS.flatMap((seed) => spreadPlans(40, seed))) {
      const anchors = new Set(faults.map(({ when }) => stableJson(when.at)));
      expect(anchors.size).toBe(faults.length);
      expect(faults.length === 1 || faults.every(({ fault }) => !mayEndTurn(fault))).toBe(true);
    }
  });

  it("are the same ones for the same seed, and fewer of them are the first ones", () => {
    expect(stableJson(spreadPlans(20, 5))).toBe(stableJson(spreadPlans(20, 5)));
    expect(stableJson(spreadPlans(20, 5))).not.toBe(stableJson(spreadPlans(20, 6)));
    expect(stableJson(spreadPlans(8, 5))).toBe(stableJson(spreadPlans(20, 5).slice(0, 8)));
  });
});
