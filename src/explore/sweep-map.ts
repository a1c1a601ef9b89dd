import { describeAnchor } from "../plan/trigger.ts";
import { type CellRange, joinRanges } from "./cell-range.ts";
import { spanAt, type WireDirection } from "./session-map.ts";
import { createSweep, type SweepLane, type SweepSpace } from "./sweep-space.ts";
import type { UnitResult } from "./unit-result.ts";

/** A part of a session in which every cut of a kind comes to the same. */
export type MapRow = {
  /** `"rst to-client"`, `"close 1012"`. */
  readonly lane: string;
  readonly kind: SweepLane["kind"];
  /** How many cells it has. */
  readonly cells: number;
  /** The first and the last place, in words: `"byte 0, response.created"`, `"P8 #1"`. */
  readonly from: string;
  readonly to: string;
  readonly outcome: CellRange["outcome"];
  readonly rules: readonly string[];
  /** Where violated: the cell with the shortest witness. */
  readonly smallest?: { readonly cell: number; readonly events: number; readonly place: string };
};

/** The map of a session: what came of each cut, lane by lane and place by place. Cells that were not run are left out. */
export function mapSweep(space: SweepSpace, results: readonly UnitResult[]): readonly MapRow[] {
  const lanes = numberedLanes(space);
  const borders = new Set(lanes.map(({ first }) => first));
  const ranges = joinRanges(
    results.flatMap((result) => (result.ranges ?? []).flatMap((range) => splitAt(range, borders))),
    borders,
  );
  return ranges.flatMap((range) => {
    const found = lanes.find(({ first, lane }) => first <= range.first && range.first < first + lane.cells);
    return found === undefined ? [] : [rowOf(range, found, space)];
  });
}

type NumberedLane = { readonly lane: SweepLane; readonly first: number };

function numberedLanes(space: SweepSpace): readonly NumberedLane[] {
  let first = 0;
  return createSweep(space).lanes.map((lane) => {
    const numbered = { lane, first };
    first += lane.cells;
    return numbered;
  });
}

/** A unit knows no lanes, so one of its ranges may go from the end of one into the next. */
function splitAt(range: CellRange, borders: ReadonlySet<number>): readonly CellRange[] {
  const inside = [...borders].filter((border) => range.first < border && border <= range.last);
  const firsts = [range.first, ...inside.toSorted((left, right) => left - right)];
  return firsts.map((first, index) => {
    const last = (firsts[index + 1] ?? range.last + 1) - 1;
    const { smallest, ...rest } = range;
    if (smallest === undefined) return { ...rest, first, last };
    // The witness lies in one of the parts; of the others the first cell is as good as any, because all came to the same.
    const isHere = first <= smallest.cell && smallest.cell <= last;
    return { ...rest, first, last, smallest: isHere ? smallest : { cell: first, events: smallest.events } };
  });
}

function rowOf(range: CellRange, { lane, first }: NumberedLane, space: SweepSpace): MapRow {
  const placeOf = (cell: number): string => describePlace(lane, cell - first, space);
  const { smallest } = range;
  return {
    lane: lane.name,
    kind: lane.kind,
    cells: range.last - range.first + 1,
    from: placeOf(range.first),
    to: placeOf(range.last),
    outcome: range.outcome,
    rules: range.rules,
    ...(smallest === undefined ? {} : { smallest: { ...smallest, place: placeOf(smallest.cell) } }),
  };
}

function describePlace(lane: SweepLane, index: number, { map, every }: SweepSpace): string {
  if (lane.kind === "bytes") {
    const byte = index * every;
    return `byte ${byte}, ${messageAt(map, lane.direction, byte)}`;
  }
  const place = lane.places[index];
  if (place === undefined) return `cell ${index}`;
  return place.kind === "point" ? `${place.point} #${place.occurrence}` : describeAnchor(place);
}

function messageAt(map: SweepSpace["map"], direction: WireDirection, byte: number): string {
  const span = spanAt(map, direction, byte);
  if (span === undefined) return "the end";
  return span.occurrence === 1 ? span.type : `${span.type} #${span.occurrence}`;
}
