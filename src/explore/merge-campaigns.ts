import { HarnessError } from "../errors.ts";
import { type Campaign, differencesOf } from "./campaign.ts";
import type { CampaignStore } from "./campaign-store.ts";
import { unitCount } from "./run-campaign.ts";
import type { SealedUnit, UnitResult } from "./unit-result.ts";
import { printUnits } from "./unit-selection.ts";

/** The union of what several folders hold of one campaign. */
export type MergedCampaign = {
  readonly campaign: Campaign;
  /** Each unit once, in order. */
  readonly units: readonly SealedUnit[];
  /** Units that are asked for and in no folder. A torn file counts as none. */
  readonly missing: readonly number[];
  /** Units that came to different things in different folders. */
  readonly contradictions: readonly number[];
};

/**
 * Puts folders of one campaign together, unit by unit: in any order, and as often as one likes, it comes to the same.
 * Of two different results of a unit the one with the smaller digest is kept, and the unit is told.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` where the folders hold different campaigns
 */
export function mergeCampaigns(stores: readonly CampaignStore[]): MergedCampaign {
  const campaign = jointCampaign(stores);
  const units = new Map<number, SealedUnit>();
  const contradictions = new Set<number>();
  for (const store of stores) {
    for (const unit of store.units()) {
      const sealed = store.read(unit);
      const known = units.get(unit);
      if (sealed === undefined) continue;
      if (known !== undefined && known.digest !== sealed.digest) contradictions.add(unit);
      if (known === undefined || sealed.digest < known.digest) units.set(unit, sealed);
    }
  }
  const inOrder = [...units.values()].toSorted((left, right) => left.result.unit - right.result.unit);
  return {
    campaign,
    units: inOrder,
    missing: missingUnits(
      campaign,
      inOrder.map(({ result }) => result),
    ),
    contradictions: [...contradictions].toSorted((left, right) => left - right),
  };
}

function jointCampaign(stores: readonly CampaignStore[]): Campaign {
  const [first, ...others] = stores;
  if (first === undefined) throw new RangeError("there is nothing to merge");
  for (const { path, campaign } of others) {
    if (campaign.id === first.campaign.id) continue;
    const differences = differencesOf(first.campaign.identity, campaign.identity).join(", ");
    throw new HarnessError(
      "HARNESS_INVALID_OPTION",
      `${first.path} and ${path} hold different campaigns; they differ in: ${differences}. Only parts of one campaign can be put together.`,
      { details: { paths: [first.path, path], differences } },
    );
  }
  const asked = stores.flatMap(({ campaign }) => campaign.units ?? []);
  return { ...first.campaign, units: asked.length === 0 ? null : Math.max(...asked) };
}

/**
 * The units of a campaign that are not there yet. Where time was the budget nothing says how many there are: then it is
 * what is missing between those that are there.
 */
export function missingUnits(campaign: Campaign, results: readonly UnitResult[]): readonly number[] {
  const there = new Set(results.map(({ unit }) => unit));
  const end = unitCount(campaign) ?? Math.max(0, ...[...there].map((unit) => unit + 1));
  return Array.from({ length: end }, (_, unit) => unit).filter((unit) => !there.has(unit));
}

/** What is missing in words, with the option that runs it; undefined where nothing is. */
export function describeMissing(missing: readonly number[]): string | undefined {
  return missing.length === 0 ? undefined : `${missing.length} units are missing: --units ${printUnits(missing)}`;
}
