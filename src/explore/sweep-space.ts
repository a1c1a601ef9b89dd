import { z } from "zod";

import { digestOf } from "../determinism/stable-json.ts";
import type { Able, SearchMould, Strike } from "../generate/search-mould.ts";
import { mouldsFor } from "../generate/search-moulds.ts";
import { messageBefore, strikesAt, type StrikePlace } from "../generate/search-plan.ts";
import type { Capability } from "../plan/fault-description.ts";
import { type Plan, PlanSchema } from "../plan/plan.ts";
import { eventAnchorAt, type SessionMap, SessionMapSchema, sizeOf, type WireDirection } from "./session-map.ts";

/** How a connection is cut. */
export type CutMode = "fin" | "rst" | "blackhole";

/** Every cut of one session: each byte of its connection, and each protocol point with each fault that fits it. */
export type SweepSpace = {
  readonly kind: "sweep";
  /** The session, without faults. */
  readonly plan: Plan;
  readonly map: SessionMap;
  /** Every which byte is cut at; 1 for all. */
  readonly every: number;
  /** What can go wrong, by the names of the moulds; those of the three cuts mean every byte. */
  readonly moulds: readonly string[];
  /** What wire and server are able to do, sorted. */
  readonly able: readonly Capability[];
  /** The digest of the moulds. */
  readonly digest: string;
};

/** A row of cells: cuts of one kind along one direction, or one variant of a mould at all the points where it fits. */
export type SweepLane = { readonly name: string; readonly cells: number } & (
  | { readonly kind: "bytes"; readonly direction: WireDirection; readonly mode: CutMode }
  | { readonly kind: "points"; readonly mould: string; readonly places: readonly PlaceOfPoint[] }
);

/** One occurrence of a point, or the place before a message of the server. */
export type PlaceOfPoint = StrikePlace;

/** The cells of a sweep, numbered lane by lane. */
export type Sweep = {
  readonly lanes: readonly SweepLane[];
  readonly count: number;
  planOf(number: number): Plan;
};

/** The shape of a sweep. */
export const SweepSpaceSchema: z.ZodType<SweepSpace> = z.strictObject({
  kind: z.literal("sweep"),
  plan: PlanSchema,
  map: SessionMapSchema,
  every: z.number().int().min(1),
  moulds: z.array(z.string().min(1)).min(1),
  able: z.array(z.custom<Capability>((value) => typeof value === "string")),
  digest: z.string(),
});

const MODES: readonly CutMode[] = ["fin", "rst", "blackhole"];
/** The moulds that a lane of bytes does already, at every byte. */
const CUTS: ReadonlySet<string> = new Set(MODES);

/**
 * Makes the sweep of a session out of the map of its undisturbed run.
 *
 * @param options `names` says which moulds; all that can be made to happen where absent.
 */
export function createSweepSpace(
  plan: Plan,
  map: SessionMap,
  options: { readonly every: number; readonly able: Able; readonly names?: readonly string[] | undefined },
): SweepSpace {
  const { every, able, names } = options;
  const moulds = mouldsFor(able).filter(({ name }) => names === undefined || names.includes(name));
  return {
    kind: "sweep",
    plan,
    map,
    every,
    moulds: moulds.map(({ name }) => name),
    able: [...able].toSorted(),
    digest: digestOf(moulds),
  };
}

/** Opens the cells of a sweep. */
export function createSweep(space: SweepSpace): Sweep {
  const able = new Set(space.able);
  const rows = [...byteRows(space), ...pointRows(space, able)];
  const count = rows.reduce((sum, { lane }) => sum + lane.cells, 0);
  return {
    lanes: rows.map(({ lane }) => lane),
    count,
    planOf(number) {
      let first = 0;
      for (const { lane, faultsOf } of rows) {
        if (number < first + lane.cells) return { ...space.plan, faults: faultsOf(number - first) };
        first += lane.cells;
      }
      throw new RangeError(`there is no cell ${number}; there are ${count}`);
    },
  };
}

type Row = { readonly lane: SweepLane; readonly faultsOf: (index: number) => Plan["faults"] };

function byteRows({ map, every, moulds }: SweepSpace): readonly Row[] {
  return (["to-client", "to-server"] as const).flatMap((direction) =>
    MODES.filter((mode) => moulds.includes(mode)).map((mode) => {
      const cells = Math.ceil(sizeOf(map, direction) / every);
      const lane = { kind: "bytes", name: `${mode} ${direction}`, direction, mode, cells } as const;
      return { lane, faultsOf: (index: number) => [cutAt(map, lane, index * every)] };
    }),
  );
}

/** The message form of the place goes with it: it decides when the plan is run again, because byte counts rot. */
function cutAt(
  map: SessionMap,
  { direction, mode }: { readonly direction: WireDirection; readonly mode: CutMode },
  byte: number,
): Plan["faults"][number] {
  const event = eventAnchorAt(map, direction, byte);
  return {
    id: "cut",
    fault: { kind: "cut", mode },
    when: {
      place: { session: 0, connection: 0 },
      at: { kind: "bytes", direction, sizeBytes: byte, ...(event === undefined ? {} : { event }) },
    },
    heal: { kind: "on-close" },
  };
}

function pointRows({ map, moulds }: SweepSpace, able: Able): readonly Row[] {
  return mouldsFor(able)
    .filter(({ name }) => moulds.includes(name) && !CUTS.has(name))
    .flatMap((mould) => {
      const places = placesOf(map, mould);
      if (places.length === 0) return [];
      return mould.variants.map((strikes, variant) => pointRow({ mould, variant, strikes, places }));
    });
}

function pointRow(parts: {
  readonly mould: SearchMould;
  readonly variant: number;
  readonly strikes: readonly Strike[];
  readonly places: readonly PlaceOfPoint[];
}): Row {
  const { mould, places, strikes } = parts;
  const several = strikes.map((strike) => `${strike.fault.kind} ${wordsOf(strike)}`.trimEnd()).join(" + ");
  const [only] = strikes.length === 1 ? strikes : [];
  const name = only === undefined ? `${mould.name}: ${several}` : `${mould.name} ${wordsOf(only)}`.trimEnd();
  return {
    lane: { kind: "points", name, mould: mould.name, cells: places.length, places },
    faultsOf(index) {
      const place = places[index];
      if (place === undefined) throw new RangeError(`the lane "${name}" has no cell ${index}`);
      return strikesAt(strikes, place, 0).map((fault, at) => ({ ...fault, id: `fault-${at}` }));
    },
  };
}

function placesOf(map: SessionMap, mould: SearchMould): readonly PlaceOfPoint[] {
  const messages = (mould.before ?? []).flatMap((type) => {
    const times = map.messages.filter((span) => span.direction === "to-client" && span.type === type).length;
    return occurrences(times).map((occurrence) => ({ kind: "event" as const, ...messageBefore(type), occurrence }));
  });
  const own = map.points.filter(({ point }) => mould.points.includes(point));
  return [
    ...own.flatMap(({ point, times }) =>
      occurrences(times).map((occurrence) => ({ kind: "point" as const, point, occurrence })),
    ),
    ...messages,
  ];
}

function occurrences(times: number): readonly number[] {
  return Array.from({ length: times }, (_, index) => index + 1);
}

/** The parameters of a fault in few words: `{"kind":"close","code":1012}` is "1012". */
function wordsOf({ fault, times = 1 }: Strike): string {
  const { kind: _kind, ...parameters } = fault;
  const words = JSON.stringify(parameters)
    .replaceAll(/"(?:kind|attributes|message)":/g, "")
    .replaceAll(/[{}"]/g, "")
    .replaceAll(/[:,]/g, " ");
  return times === 1 ? words : `${words} × ${times}`;
}
