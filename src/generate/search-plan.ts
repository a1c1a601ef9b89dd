import fc from "fast-check";

import { createRandom } from "../determinism/random.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { Limits, Plan } from "../plan/plan.ts";
import type { Anchor, EventAnchor } from "../plan/trigger.ts";
import type { ResponseMessage, SearchMould, Strike } from "./search-mould.ts";
import { reachablePoints, sessionOfShapes, type TurnShape, turnShapeArbitrary } from "./workload-shape.ts";

/** How large the plans of a search are. */
export type SearchPlanOptions = {
  readonly moulds: readonly SearchMould[];
  /** Turns of the session, 1.. */
  readonly turnsMax: number;
  /** Moulds that strike in one plan, 1.. */
  readonly mouldsMax: number;
  /** How long a run may take, in ms of its clock: virtual time is cheap, and a client that never gives up has to be seen. */
  readonly runMs: number;
};

const LIMITS: Omit<Limits, "runMs"> = { eventsMax: 50_000, bytesMax: 20_000_000, sessionsMax: 1 };

const NUMBER_MAX = 1_000_000;
/** Behind its anchor most faults strike at once; some a little later, when the next thing is under way. */
const DELAYS_MS = [0, 0, 0, 1, 7, 40];

type StrikeShape = {
  readonly mould: number;
  readonly variant: number;
  readonly point: number;
  readonly occurrence: number;
  readonly delay: number;
};

/**
 * The plan of a number. It depends on the seed, the number and the options alone, so any machine can make any part of a
 * search.
 *
 * @param number From 0; what is found under the smallest number is told.
 */
export function searchPlan(seed: number, number: number, options: SearchPlanOptions): Plan {
  const drawn = createRandom(seed, `plan/${number}`).integer(0, 0x7fffffff);
  const [plan] = fc.sample(searchPlanArbitrary(options), { seed: drawn, numRuns: 1 });
  if (plan === undefined) throw new RangeError(`no plan was drawn for number ${number}`);
  return plan;
}

function searchPlanArbitrary({ moulds, turnsMax, mouldsMax, runMs }: SearchPlanOptions): fc.Arbitrary<Plan> {
  const number = fc.nat({ max: NUMBER_MAX });
  const strike = fc.record({
    mould: fc.nat({ max: moulds.length - 1 }),
    variant: number,
    point: number,
    occurrence: number,
    delay: fc.constantFrom(...DELAYS_MS),
  });
  return fc
    .tuple(
      fc.nat({ max: 0x7fffffff }),
      fc.array(turnShapeArbitrary(), { minLength: 1, maxLength: turnsMax }),
      fc.array(strike, { minLength: 1, maxLength: mouldsMax }),
    )
    .map(([seed, turns, strikes]) => ({
      formatVersion: 1,
      seed,
      workload: { sessions: [sessionOfShapes(turns)] },
      faults: strikes.flatMap((shape, index) => faultsOf(shape, { moulds, turns, id: `fault-${index}` })),
      limits: { ...LIMITS, runMs },
    }));
}

type ShapeParts = {
  readonly moulds: readonly SearchMould[];
  readonly turns: readonly TurnShape[];
  readonly id: string;
};

function faultsOf(shape: StrikeShape, { moulds, turns, id }: ShapeParts): readonly ScheduledFault[] {
  const mould = moulds[shape.mould];
  const strikes = mould?.variants[shape.variant % mould.variants.length];
  const place = mould === undefined ? undefined : placeOf(shape, mould, turns);
  if (strikes === undefined || place === undefined) return [];
  const faults = strikesAt(strikes, place, shape.delay);
  return faults.map((fault, index) => ({ ...fault, id: index === 0 ? id : `${id}-${index}` }));
}

/** A mould that strikes messages does so every other time: those are few, and its points are many. */
function placeOf(shape: StrikeShape, mould: SearchMould, turns: readonly TurnShape[]): StrikePlace | undefined {
  const { before = [] } = mould;
  const points = reachablePoints(turns).filter(({ point }) => mould.points.includes(point));
  const turn = Math.floor(shape.point / 2);
  const isMessage = points.length === 0 || shape.point % 2 === 0;
  const type = isMessage ? before[turn % Math.max(before.length, 1)] : undefined;
  if (type !== undefined) {
    const responses = turns.length + turns.filter(({ calls }) => calls > 0).length;
    return { kind: "event", ...messageBefore(type), occurrence: 1 + (shape.occurrence % responses) };
  }
  const found = points[turn % Math.max(points.length, 1)];
  return found === undefined
    ? undefined
    : { kind: "point", point: found.point, occurrence: 1 + (shape.occurrence % found.times) };
}

/** Where something strikes. */
export type StrikePlace = Exclude<Anchor, { readonly kind: "bytes" }>;

/** The place before a message of the server. */
export function messageBefore(type: ResponseMessage): Omit<EventAnchor, "kind" | "occurrence"> {
  return { direction: "to-client", type, edge: "before" };
}

/** Everything that strikes together, at one place; what strikes several times does so at its next occurrences. */
export function strikesAt(
  strikes: readonly Strike[],
  at: StrikePlace,
  delayMs: number,
): readonly Omit<ScheduledFault, "id">[] {
  return strikes.flatMap(({ fault, heal, times = 1 }) =>
    Array.from({ length: times }, (_, index) => ({
      fault,
      heal,
      when: {
        place: { session: 0 as const },
        at: { ...at, occurrence: at.occurrence + index },
        ...(delayMs === 0 ? {} : { delayMs }),
      },
    })),
  );
}
