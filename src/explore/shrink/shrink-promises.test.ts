import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { digestOf } from "../../determinism/stable-json.ts";
import { planArbitrary } from "../../generate/plan-arbitrary.ts";
import { type Plan, PlanSchema } from "../../plan/plan.ts";
import { dropCalls, dropFaults, dropSessions, dropTurns } from "./drop-parts.ts";
import { SHRINK_PASSES } from "./passes.ts";
import { isSmaller, sizeOfPlan } from "./plan-size.ts";
import type { SessionOfPlan } from "./relocate-faults.ts";
import { FAILURE, failsWhere, faultsOf, operationsOf, planOf, turnsOf } from "./shrink-fixture.test-support.ts";
import { shrinkPlan } from "./shrink-plan.ts";

/** A session whose texts and operations are its own, so that they can be told from those of others. */
function namedSession({ workload }: Plan, index: number): SessionOfPlan {
  const text = JSON.stringify(workload.sessions[0]).replaceAll(/\b(turn)([- ]\d)/gi, `s${index}-$1$2`);
  return JSON.parse(text) as SessionOfPlan;
}

/** Plans of several sessions, each with turns and faults of its own. */
const PLANS: fc.Arbitrary<Plan> = fc
  .array(planArbitrary({ turnsMax: 3, faultsMax: 3 }), { minLength: 1, maxLength: 3 })
  .map((plans) =>
    planOf(
      plans.map(namedSession),
      plans.flatMap(({ faults }, session) =>
        faults.map((fault) => ({
          ...fault,
          id: `s${session}-${fault.id}`,
          when: { ...fault.when, place: { session } },
        })),
      ),
    ),
  );

/** What a failure needs: some of the plan's faults and operations, by a number that picks them. */
function needsOf(plan: Plan, pick: number): readonly string[] {
  return [...faultsOf(plan), ...operationsOf(plan)].filter((_, index) => (pick >> (index % 30)) % 2 === 1);
}

function has(plan: Plan, needs: readonly string[]): boolean {
  const there = new Set([...faultsOf(plan), ...operationsOf(plan)]);
  return needs.every((need) => there.has(need));
}

/** Every valid plan that one step makes smaller. */
function smallerPlans(plan: Plan): readonly Plan[] {
  const size = sizeOfPlan(plan);
  return SHRINK_PASSES.flatMap((pass) => pass(plan)).flatMap((candidate) => {
    const { data } = PlanSchema.safeParse(candidate());
    return data !== undefined && isSmaller(sizeOfPlan(data), size) ? [data] : [];
  });
}

const RUNS = process.env["HARNESS_FULL"] === undefined ? 15 : 500;

const PICKS = fc.nat({ max: 2 ** 30 - 1 });

describe("shrinking any plan", () => {
  it("leaves out parts only so that a valid plan is left", () => {
    fc.assert(
      fc.property(PLANS, (plan) => {
        const candidates = [dropSessions, dropFaults, dropTurns, dropCalls].flatMap((pass) => pass(plan));
        for (const candidate of candidates) expect(PlanSchema.safeParse(candidate()).error).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it("tries nothing but valid plans that are smaller than the best so far, and ends with the best", async () => {
    await fc.assert(
      fc.asyncProperty(PLANS, PICKS, fc.integer({ min: 1, max: 60 }), async (plan, pick, triesMax) => {
        const needs = needsOf(plan, pick);
        let best = plan;
        const judge = failsWhere((tried) => {
          expect(PlanSchema.safeParse(tried).success).toBe(true);
          expect(isSmaller(sizeOfPlan(tried), sizeOfPlan(best))).toBe(true);
          if (has(tried, needs)) best = tried;
          return has(tried, needs);
        });
        const shrunk = await shrinkPlan(plan, { judge, failure: [FAILURE], triesMax });
        expect(shrunk.plan).toEqual(best);
        expect(shrunk.violation).toEqual(best === plan ? undefined : FAILURE);
        expect(shrunk.tried).toBeLessThanOrEqual(triesMax);
      }),
      { numRuns: RUNS },
    );
  });

  it("leaves what the failure needs, and no session, turn, call or fault besides", async () => {
    await fc.assert(
      fc.asyncProperty(PLANS, PICKS, async (plan, pick) => {
        const needs = needsOf(plan, pick);
        const judge = failsWhere((tried) => has(tried, needs));
        const { plan: smallest } = await shrinkPlan(plan, { judge, failure: [FAILURE] });
        expect([...faultsOf(smallest), ...operationsOf(smallest)].toSorted()).toEqual([...needs].toSorted());
        const sessions = smallest.workload.sessions.map((session) => planOf([session], []));
        const idle = sessions.flatMap((session, index) => {
          const isStruck = smallest.faults.some(({ when }) => when.place.session === index);
          return operationsOf(session).length === 0 && !isStruck ? turnsOf(session) : [];
        });
        // A plan has a session and a session has a turn, whatever the failure needs.
        expect(idle).toHaveLength(needs.length === 0 ? 1 : 0);
        for (const session of sessions) {
          const idleTurns = session.workload.sessions[0]?.turns.filter(({ script }) => script.steps.length === 1) ?? [];
          expect(idleTurns.length).toBeLessThanOrEqual(operationsOf(session).length === 0 ? 1 : 0);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("ends where no single step leads on, even where a failure comes and goes without a pattern", async () => {
    await fc.assert(
      fc.asyncProperty(PLANS, PICKS, async (plan, salt) => {
        const fails = (tried: Plan): boolean => Number(`0x${digestOf([salt, tried]).slice(0, 2)}`) % 4 === 0;
        const {
          plan: smallest,
          violation,
          endedBy,
        } = await shrinkPlan(plan, {
          judge: failsWhere(fails),
          failure: [FAILURE],
        });
        expect(endedBy).toBe("nothing-left");
        expect(violation === undefined ? smallest === plan : fails(smallest)).toBe(true);
        expect(smallerPlans(smallest).filter(fails)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});
