import fc from "fast-check";

import { digestOf } from "../determinism/stable-json.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import type { FaultMould } from "./fault-mould.ts";
import { pointsBehindCall, reachablePoints, type ReachablePoint, type TurnShape } from "./workload-shape.ts";

/** A fault in three numbers. `place` counts through the places of the workload where the mould makes sense, round and round. */
export type FaultShape = { readonly mould: number; readonly variant: number; readonly place: number };

const NUMBER_MAX = 1_000;

/** What a fault is made of: the moulds there are, and the turns of the session that it strikes. */
export type FaultSurroundings = { readonly moulds: readonly FaultMould[]; readonly turns: readonly TurnShape[] };

/** Generates the shape of one fault, whatever the workload is. */
export function faultShapeArbitrary(moulds: readonly FaultMould[]): fc.Arbitrary<FaultShape> {
  return fc.record({
    mould: fc.integer({ min: 0, max: moulds.length - 1 }),
    variant: fc.integer({ min: 0, max: NUMBER_MAX }),
    place: fc.integer({ min: 0, max: NUMBER_MAX }),
  });
}

/** The fault that a shape stands for in a workload. Where its mould finds no place there, it is made in the simplest one. */
export function faultOfShape(
  shape: FaultShape,
  { moulds, turns }: FaultSurroundings,
  id: string,
): ScheduledFault | undefined {
  const given = moulds[shape.mould];
  const mould = given !== undefined && pointsFor(given, turns).length > 0 ? given : moulds[0];
  if (mould === undefined) return undefined;
  const place = placeAt(shape.place, mould, turns);
  const variant = mould.variants[shape.variant % mould.variants.length];
  if (place === undefined || variant === undefined) return undefined;
  return {
    id,
    fault: variant.fault,
    when: { place: { session: 0 }, at: { kind: "point", ...place } },
    heal: variant.heal,
  };
}

/**
 * The shape that a fault was made from.
 *
 * @throws TypeError where it was not made from one
 */
export function shapeOfFault(scheduled: ScheduledFault, surroundings: FaultSurroundings): FaultShape {
  for (const [mould, { variants }] of surroundings.moulds.entries()) {
    for (const variant of variants.keys()) {
      const place = placeOf({ mould, variant, scheduled }, surroundings);
      if (place !== undefined) return { mould, variant, place };
    }
  }
  throw new TypeError(`fault ${scheduled.id} was not generated`);
}

type Place = { readonly point: ProtocolPoint; readonly occurrence: number };

/** The points of a workload where a mould makes sense. */
function pointsFor(mould: FaultMould, turns: readonly TurnShape[]): readonly ReachablePoint[] {
  const points = mould.isBehindCall === true ? pointsBehindCall(turns) : reachablePoints(turns);
  return points.filter(({ point }) => mould.points.includes(point));
}

/** Counts through the points first and through their occurrences then, so that every point is struck as often as any. */
function placeAt(place: number, mould: FaultMould, turns: readonly TurnShape[]): Place | undefined {
  const points = pointsFor(mould, turns);
  const found = points[place % Math.max(points.length, 1)];
  if (found === undefined) return undefined;
  return { point: found.point, occurrence: found.first + (Math.floor(place / points.length) % found.times) };
}

function placeOf(
  candidate: { readonly mould: number; readonly variant: number; readonly scheduled: ScheduledFault },
  surroundings: FaultSurroundings,
): number | undefined {
  const { at } = candidate.scheduled.when;
  const mould = surroundings.moulds[candidate.mould];
  if (mould === undefined || at.kind !== "point") return undefined;
  const points = pointsFor(mould, surroundings.turns);
  const index = points.findIndex(({ point }) => point === at.point);
  const place = index + points.length * (at.occurrence - (points[index]?.first ?? 1));
  if (index === -1 || place < 0 || place > NUMBER_MAX) return undefined;
  const made = faultOfShape({ ...candidate, place }, surroundings, candidate.scheduled.id);
  return made !== undefined && digestOf(made) === digestOf(candidate.scheduled) ? place : undefined;
}
