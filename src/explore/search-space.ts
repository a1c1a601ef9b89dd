import { z } from "zod";

import { digestOf } from "../determinism/stable-json.ts";
import type { Able } from "../generate/search-mould.ts";
import { mouldsFor } from "../generate/search-moulds.ts";
import { searchPlan } from "../generate/search-plan.ts";
import type { Capability } from "../plan/fault-description.ts";
import type { Plan } from "../plan/plan.ts";
import { createSweep, type SweepSpace, SweepSpaceSchema } from "./sweep-space.ts";

/** Plans that are drawn: workloads × faults × timing. */
export type RandomSpace = {
  readonly kind: "random";
  readonly seed: number;
  /** Turns of a session, 1.. */
  readonly turnsMax: number;
  /** How many moulds strike in one plan, 1.. */
  readonly mouldsMax: number;
  /** How long one run may take, in ms of its clock. */
  readonly runMs: number;
  /** What can go wrong, by the names of the moulds. */
  readonly moulds: readonly string[];
  /** What wire and server are able to do, sorted. */
  readonly able: readonly Capability[];
  /** The digest of the moulds, so that results from before a change of them are not taken for results from after it. */
  readonly digest: string;
};

/** Where a campaign takes its plans from. */
export type SearchSpace = RandomSpace | SweepSpace;

/** The plans of a space, each by its number. */
export type PlanSource = {
  /** How many plans there are; `undefined` where there is no end to them. */
  readonly count: number | undefined;
  planOf(number: number): Plan;
};

/** The shape of a search space. */
export const SearchSpaceSchema: z.ZodType<SearchSpace> = z.union([
  z.strictObject({
    kind: z.literal("random"),
    seed: z.number().int().min(0).max(4_294_967_295),
    turnsMax: z.number().int().min(1).max(16),
    mouldsMax: z.number().int().min(1).max(16),
    runMs: z.number().int().min(1).max(86_400_000),
    moulds: z.array(z.string().min(1)).min(1),
    able: z.array(z.custom<Capability>((value) => typeof value === "string")),
    digest: z.string(),
  }),
  SweepSpaceSchema,
]);

/**
 * A space of drawn plans.
 *
 * @param names Which moulds; all that can be made to happen where absent.
 */
export function createRandomSpace(
  options: Pick<RandomSpace, "seed" | "turnsMax" | "mouldsMax" | "runMs">,
  able: Able,
  names?: readonly string[],
): RandomSpace {
  const moulds = mouldsFor(able).filter(({ name }) => names === undefined || names.includes(name));
  return {
    kind: "random",
    ...options,
    moulds: moulds.map(({ name }) => name),
    able: [...able].toSorted(),
    digest: digestOf(moulds),
  };
}

/** Opens the plans of a space. */
export function openPlanSource(space: SearchSpace): PlanSource {
  if (space.kind === "sweep") {
    const sweep = createSweep(space);
    return { count: sweep.count, planOf: (number) => sweep.planOf(number) };
  }
  const moulds = mouldsFor(new Set(space.able)).filter(({ name }) => space.moulds.includes(name));
  const { seed, turnsMax, mouldsMax, runMs } = space;
  const options = { moulds, turnsMax, mouldsMax, runMs };
  return { count: undefined, planOf: (number) => searchPlan(seed, number, options) };
}
