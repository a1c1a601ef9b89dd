import fc from "fast-check";

import { type Limits, type Plan, PlanSchema } from "../plan/plan.ts";
import { FAULT_MOULDS, type FaultMould } from "./fault-mould.ts";
import { type FaultShape, faultOfShape, faultShapeArbitrary, shapeOfFault } from "./fault-shape.ts";
import { sessionOfShapes, shapesOfSession, type TurnShape, turnShapeArbitrary } from "./workload-shape.ts";

/** How large generated plans are. */
export type PlanArbitraryOptions = {
  /** Turns of the session, 1..; 2 where absent. */
  readonly turnsMax?: number;
  /** Faults of the plan, 1..; 2 where absent. */
  readonly faultsMax?: number;
  /** What goes wrong in them, simplest first, at least one; {@link FAULT_MOULDS} where absent. */
  readonly moulds?: readonly FaultMould[];
};

/** The bounds of every generated plan. */
export const GENERATED_LIMITS: Limits = { runMs: 60_000, eventsMax: 50_000, bytesMax: 20_000_000, sessionsMax: 1 };
const SEED_MAX = 2 ** 31 - 1;

type PlanShape = readonly [seed: number, turns: TurnShape[], faults: FaultShape[]];

/**
 * Generates plans of one session whose faults strike where an undisturbed run of it comes past.
 *
 * It is made of independent parts and has an unmapper, so a plan out of a file shrinks like one just generated; a plan
 * that it could not have made is refused by fast-check and left as it is.
 */
export function planArbitrary(options: PlanArbitraryOptions = {}): fc.Arbitrary<Plan> {
  const { turnsMax = 2, faultsMax = 2, moulds = FAULT_MOULDS } = options;
  return fc
    .tuple(
      // The seed decides nothing that shrinking could make simpler.
      fc.noShrink(fc.integer({ min: 0, max: SEED_MAX })),
      fc.array(turnShapeArbitrary(), { minLength: 1, maxLength: turnsMax }),
      fc.array(faultShapeArbitrary(moulds), { minLength: 1, maxLength: faultsMax }),
    )
    .map(
      (shape) => planOfShape(shape, moulds),
      (plan: unknown) => [...shapeOfPlan(plan, moulds)],
    );
}

function planOfShape([seed, turns, faults]: PlanShape, moulds: readonly FaultMould[]): Plan {
  const made = faults.flatMap((shape, index) => faultOfShape(shape, { moulds, turns }, `fault-${index}`) ?? []);
  return {
    formatVersion: 1,
    seed,
    workload: { sessions: [sessionOfShapes(turns)] },
    faults: made,
    limits: GENERATED_LIMITS,
  };
}

function shapeOfPlan(value: unknown, moulds: readonly FaultMould[]): [number, TurnShape[], FaultShape[]] {
  const plan = PlanSchema.parse(value);
  const [session, ...others] = plan.workload.sessions;
  if (session === undefined || others.length > 0) throw new TypeError("a generated plan has one session");
  if (JSON.stringify(plan.limits) !== JSON.stringify(GENERATED_LIMITS))
    throw new TypeError("the limits were not generated");
  const turns = shapesOfSession(session);
  return [plan.seed, turns, plan.faults.map((fault) => shapeOfFault(fault, { moulds, turns }))];
}
