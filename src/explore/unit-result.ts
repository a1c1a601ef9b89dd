import { z } from "zod";

import { digestOf, stableJson } from "../determinism/stable-json.ts";
import { type CellRange, CellRangeSchema, joinRanges, rangeOfRun } from "./cell-range.ts";
import { type SearchFinding, SearchFindingSchema, uniteFindings } from "./search-finding.ts";
import type { SearchRun } from "./search-run.ts";
import { type SearchTally, SearchTallySchema, tallyOf } from "./search-tally.ts";

/** What a unit of a campaign came to. It depends on the campaign and the unit alone, so it holds no times. */
export type UnitResult = {
  readonly formatVersion: 1;
  /** The id of the campaign. */
  readonly campaign: string;
  /** From 0. */
  readonly unit: number;
  readonly tally: SearchTally;
  readonly findings: readonly SearchFinding[];
  /** The digest of the digests of its histories, where the backend's runs can be had again to the last event. */
  readonly histories?: string;
  /** What each cell came to; only of a sweep. */
  readonly ranges?: readonly CellRange[];
};

const UnitResultSchema: z.ZodType<UnitResult> = z.strictObject({
  formatVersion: z.literal(1),
  campaign: z.string(),
  unit: z.number().int().min(0),
  tally: SearchTallySchema,
  findings: z.array(SearchFindingSchema),
  histories: z.string().exactOptional(),
  ranges: z.array(CellRangeSchema).exactOptional(),
});

/** Puts the runs of a unit together. */
export function unitResultOf(
  place: { readonly campaign: string; readonly unit: number; readonly isSweep: boolean },
  runs: readonly SearchRun[],
): UnitResult {
  const { campaign, unit, isSweep } = place;
  return {
    formatVersion: 1,
    campaign,
    unit,
    tally: tallyOf(runs),
    findings: uniteFindings(runs.flatMap(({ findings }) => findings)),
    ...(runs.some(({ digest }) => digest !== undefined)
      ? { histories: digestOf(runs.map(({ digest }) => digest ?? null)) }
      : {}),
    ...(isSweep ? { ranges: joinRanges(runs.map(rangeOfRun)) } : {}),
  };
}

/** A result with the digest of its content, keys sorted. */
export type SealedUnit = { readonly digest: string; readonly result: UnitResult };

/** Seals a result, so that a torn or altered file is told from a whole one. */
export function sealUnit(result: UnitResult): SealedUnit {
  return { digest: digestOf(result), result };
}

/** The text of a unit's file. */
export function printSealedUnit(sealed: SealedUnit): string {
  return `${stableJson(sealed)}\n`;
}

const SealedUnitSchema: z.ZodType<SealedUnit> = z.strictObject({ digest: z.string(), result: UnitResultSchema });

/** Reads the text of a unit's file; undefined where it is torn, was altered, or is of another format. */
export function parseSealedUnit(text: string): SealedUnit | undefined {
  const { data } = SealedUnitSchema.safeParse(parseJsonOrNothing(text));
  return data !== undefined && digestOf(data.result) === data.digest ? data : undefined;
}

function parseJsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
