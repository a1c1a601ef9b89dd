import fc from "fast-check";

import { digestOf } from "../determinism/stable-json.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import { FAULT_MOULDS, type FaultMould } from "./fault-mould.ts";
import { reachablePoints, type TurnShape } from "./workload-shape.ts";

/** A fault in three numbers. `place` counts through the places of the workload where the mould makes sense, round and round. */
export type FaultShape = { readonly mould: number; readonly variant: number; readonly place: number };

const NUMBER_MAX = 1_000;

/** Generates the shape of one fault, whatever the workload is. */
export function faultShapeArbitrary(): fc.Arbitrary<FaultShape> {
  return fc.record({
    mould: fc.integer({ min: 0, max: FAULT_MOULDS.length - 1 }),
    variant: fc.integer({ min: 0, max: NUMBER_MAX }),
    place: fc.integer({ min: 0, max: NUMBER_MAX }),
  });
}

/** The fault that a shape stands for in a workload; undefined where its mould finds no place there. */
export function faultOfShape(shape: FaultShape, turns: readonly TurnShape[], id: string): ScheduledFault | undefined {
  const mould = FAULT_MOULDS[shape.mould];
  if (mould === undefined) return undefined;
  const places = placesOf(mould, turns);
  const place = places[shape.place % Math.max(places.length, 1)];
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
export function shapeOfFault(scheduled: ScheduledFault, turns: readonly TurnShape[]): FaultShape {
  for (const [mould, { variants }] of FAULT_MOULDS.entries()) {
    for (const variant of variants.keys()) {
      const place = placeOf({ mould, variant, scheduled }, turns);
      if (place !== undefined) return { mould, variant, place };
    }
  }
  throw new TypeError(`fault ${scheduled.id} was not generated`);
}

type Place = { readonly point: ProtocolPoint; readonly occurrence: number };

function placesOf({ points }: FaultMould, turns: readonly TurnShape[]): readonly Place[] {
  return reachablePoints(turns)
    .filter(({ point }) => points.includes(point))
    .flatMap(({ point, times }) => Array.from({ length: times }, (_, index) => ({ point, occurrence: index + 1 })));
}

function placeOf(
  candidate: { readonly mould: number; readonly variant: number; readonly scheduled: ScheduledFault },
  turns: readonly TurnShape[],
): number | undefined {
  const mould = FAULT_MOULDS[candidate.mould];
  if (mould === undefined) return undefined;
  const wanted = digestOf(candidate.scheduled);
  const places = placesOf(mould, turns).keys();
  return [...places].find((place) => {
    const made = faultOfShape({ ...candidate, place }, turns, candidate.scheduled.id);
    return made !== undefined && digestOf(made) === wanted;
  });
}
