import fc from "fast-check";

import { stableJson } from "../determinism/stable-json.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { Plan } from "../plan/plan.ts";
import { FAULT_MOULDS, type FaultMould, mayEndTurn, mouldIndexOf } from "./fault-mould.ts";
import { planArbitrary, type PlanArbitraryOptions } from "./plan-arbitrary.ts";

/** Out of how many plans each is chosen. */
const CANDIDATES = 8;

/**
 * Generates plans that strike as differently as their number allows: each is, out of several, the one whose faults have
 * come least often so far, by kind, by point, and by both together, and are not in each other's way. So few plans come to
 * all of it already, which dice alone do not.
 *
 * The same seed gives the same plans, and a smaller number of them the first ones.
 *
 * @param runs How many plans, 1..
 * @param seed Decides them, a whole number of 32 bits.
 */
export function spreadPlans(runs: number, seed: number, options: PlanArbitraryOptions = {}): readonly Plan[] {
  const candidates = fc.sample(planArbitrary(options), { numRuns: runs * CANDIDATES, seed });
  const struck = new Map<string, number>();
  const placesOf = placesAmong(options.moulds ?? FAULT_MOULDS);
  /** How little there is to a plan: how often what its faults strike has been struck, on average over them. */
  const wear = ({ faults }: Plan): number => {
    if (isInItsOwnWay(faults)) return Number.POSITIVE_INFINITY;
    const total = faults.flatMap(placesOf).reduce((sum, place) => sum + (struck.get(place) ?? 0), 0);
    return total / Math.max(faults.length, 1);
  };
  return Array.from({ length: runs }, (_, index) => {
    const [first, ...others] = candidates.slice(index * CANDIDATES, (index + 1) * CANDIDATES);
    if (first === undefined) throw new Error(`fast-check made fewer than ${runs * CANDIDATES} plans`);
    const chosen = others.reduce((best, plan) => (wear(plan) < wear(best) ? plan : best), first);
    for (const place of chosen.faults.flatMap(placesOf)) struck.set(place, (struck.get(place) ?? 0) + 1);
    return chosen;
  });
}

/** Where one fault may end the turn, or strikes the connection in the same instant, the other is likely to miss. */
function isInItsOwnWay(faults: readonly ScheduledFault[]): boolean {
  if (faults.length < 2) return false;
  const anchors = new Set(faults.map(({ when }) => stableJson(when.at)));
  return anchors.size < faults.length || faults.some(({ fault }) => mayEndTurn(fault));
}

/** What is counted of a fault, by its place among the moulds. */
function placesAmong(moulds: readonly FaultMould[]): (scheduled: ScheduledFault) => readonly string[] {
  return ({ fault, when }) => {
    const index = mouldIndexOf(fault, moulds);
    const mould = `mould ${index}`;
    const point = when.at.kind === "point" ? when.at.point : when.at.kind;
    // A mould with one point alone would be counted twice, and come half as often as the others.
    const hasChoice = index === undefined || (moulds[index]?.points.length ?? 0) > 1;
    return hasChoice ? [mould, point, `${mould} at ${point}`] : [mould, point];
  };
}
