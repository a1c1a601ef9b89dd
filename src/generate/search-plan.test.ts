import { describe, expect, it } from "vitest";

import { stableJson } from "../determinism/stable-json.ts";
import { capabilitiesOf } from "../plan/fault-catalogue.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import { CLOSE_CODES, mouldsFor, SEARCH_MOULDS } from "./search-moulds.ts";
import { searchPlan, type SearchPlanOptions } from "./search-plan.ts";

const SPACE: SearchPlanOptions = { moulds: SEARCH_MOULDS, turnsMax: 2, mouldsMax: 2, runMs: 60_000 };
const COUNT = 5_000;
const plansOf = (seed: number, options: SearchPlanOptions = SPACE): readonly Plan[] =>
  Array.from({ length: COUNT }, (_, number) => searchPlan(seed, number, options));

const allOf = new Set(
  SEARCH_MOULDS.flatMap(({ variants }) => variants.flat()).flatMap(({ fault }) => capabilitiesOf(fault)),
);

describe("the plans of a search", () => {
  const plans = plansOf(1);

  it("are valid, and each has a fault", () => {
    const problems = plans.flatMap((plan) => PlanSchema.safeParse(plan).error?.issues ?? []);
    expect(problems).toEqual([]);
    expect(plans.filter(({ faults }) => faults.length === 0)).toEqual([]);
  });

  it("depend on seed and number alone", () => {
    expect(stableJson(searchPlan(1, 700, SPACE))).toBe(stableJson(plans[700]));
    expect(new Set(plans.map((plan) => stableJson(plan))).size).toBeGreaterThan(0.99 * COUNT);
    expect(stableJson(searchPlan(2, 700, SPACE))).not.toBe(stableJson(plans[700]));
  });

  it("come to every variant of every mould, and to every point", () => {
    const made = new Set(plans.flatMap(({ faults }) => faults.map(({ fault }) => stableJson(fault))));
    const strikes = SEARCH_MOULDS.flatMap(({ variants }) => variants.flat());
    expect(strikes.filter(({ fault }) => !made.has(stableJson(fault)))).toEqual([]);
    const points = new Set(
      plans.flatMap(({ faults }) => faults.flatMap(({ when }) => (when.at.kind === "point" ? [when.at.point] : []))),
    );
    expect(points.size).toBe(15);
  });

  it("let several turns, several faults and delays come together", () => {
    expect(plans.some(({ workload }) => workload.sessions[0]?.turns.length === 2)).toBe(true);
    expect(plans.some(({ faults }) => faults.some(({ when }) => when.delayMs !== undefined))).toBe(true);
    expect(plans.some(({ faults }) => faults.length > 2)).toBe(true);
  });
});

describe("the moulds of a search", () => {
  it("are all there where everything can be done, each by a name of its own", () => {
    expect(mouldsFor(allOf)).toEqual(SEARCH_MOULDS);
    expect(new Set(SEARCH_MOULDS.map(({ name }) => name)).size).toBe(SEARCH_MOULDS.length);
  });

  it("leave out what a wire or a server cannot do, variant by variant", () => {
    const names = mouldsFor(new Set(["cut-fin", "reject-dial"])).map(({ name }) => name);
    expect(names).toEqual(["fin", "reject", "outage"]);
    expect(mouldsFor(new Set(["cut-fin", "reject-dial"])).find(({ name }) => name === "outage")?.variants.length).toBe(
      1,
    );
  });

  it("close with every code of F-15", () => {
    const close = SEARCH_MOULDS.find(({ name }) => name === "close");
    expect(close?.variants.map(([strike]) => strike?.fault)).toEqual(
      CLOSE_CODES.map((code) => ({ kind: "close", code })),
    );
  });
});
