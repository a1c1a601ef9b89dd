import { coverageKey } from "./search-run.ts";
import { mouldsFor } from "../generate/search-moulds.ts";
import { messageBefore, strikesAt, type StrikePlace } from "../generate/search-plan.ts";
import { type SearchFinding, uniteFindings } from "./search-finding.ts";
import { addTallies, doubtsOf, type SearchTally } from "./search-tally.ts";
import type { SearchSpace } from "./search-space.ts";
import type { UnitResult } from "./unit-result.ts";

/** How much of the fault space was struck: points × kinds of fault × directions. */
export type Coverage = {
  readonly struck: number;
  readonly cells: number;
  /** Cells that nothing struck, for example `["P8 fragment"]`. */
  readonly never: readonly string[];
};

/** What units came to together. */
export type CampaignSummary = {
  readonly units: number;
  readonly tally: SearchTally;
  /** Only of a search that draws its plans. */
  readonly coverage?: Coverage;
  readonly findings: readonly SearchFinding[];
  /** Why a search without a violation is still not to be trusted; empty where it is. */
  readonly doubts: readonly string[];
};

/** Puts units together; their order does not matter. */
export function summarize(space: SearchSpace, results: readonly UnitResult[]): CampaignSummary {
  const tally = addTallies(results.map((result) => result.tally));
  return {
    units: results.length,
    tally,
    ...(space.kind === "random" ? { coverage: coverageOf(faultSpaceOf(space), tally) } : {}),
    findings: uniteFindings(results.flatMap(({ findings }) => findings)),
    doubts: doubtsOf(tally),
  };
}

/** Every cell that a space can strike. */
export function faultSpaceOf(space: Extract<SearchSpace, { kind: "random" }>): readonly string[] {
  const moulds = mouldsFor(new Set(space.able)).filter(({ name }) => space.moulds.includes(name));
  const keys = moulds.flatMap(({ points, before = [], variants }) => {
    const places: readonly StrikePlace[] = [
      ...points.map((point) => ({ kind: "point" as const, point, occurrence: 1 })),
      ...before.map((type) => ({ kind: "event" as const, ...messageBefore(type), occurrence: 1 })),
    ];
    return variants.flatMap((strikes) => places.flatMap((place) => strikesAt(strikes, place, 0).map(coverageKey)));
  });
  return [...new Set(keys)];
}

/** How much of a fault space a tally struck. */
export function coverageOf(cells: readonly string[], { struck }: SearchTally): Coverage {
  const never = cells.filter((key) => !(key in struck));
  return { struck: cells.length - never.length, cells: cells.length, never };
}

/**
 * What a search exits with: 1 where something was violated or contradicts itself, 2 where it has not shown what it was
 * to show, 0 where it has (DESIGN §3).
 */
export function exitCodeOfSearch(state: {
  readonly findings: number;
  readonly contradictions: number;
  readonly missing: number;
  readonly doubts: number;
}): 0 | 1 | 2 {
  if (state.findings > 0 || state.contradictions > 0) return 1;
  return state.missing > 0 || state.doubts > 0 ? 2 : 0;
}
