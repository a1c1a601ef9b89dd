import type { Campaign } from "./campaign.ts";
import type { CampaignStore } from "./campaign-store.ts";
import { openPlanSource } from "./search-space.ts";
import type { UnitPool } from "./unit-pool.ts";
import type { UnitResult } from "./unit-result.ts";
import { isSelected, type UnitSelection } from "./unit-selection.ts";

/** How far the units of a campaign are run. */
export type CampaignRunOptions = {
  readonly store: CampaignStore;
  readonly pool: UnitPool;
  /** How many units are run at once, 1.. */
  readonly jobs: number;
  readonly selection: UnitSelection;
  /** Aborted when no other unit is to begin: the time is up. Units under way are run to their end. */
  readonly timeUp: AbortSignal;
  /** Aborted when everything is to stop; units under way are lost, and run again another time. */
  readonly signal: AbortSignal;
  /** Told of each plan as it begins. */
  readonly onPlan: (unit: number) => void;
  /** Told of each unit: found in the store, or run now. */
  readonly onUnit: (result: UnitResult, isNew: boolean) => void;
};

/** What a campaign came to here and now. */
export type CampaignRun = {
  /** The results of all units that were asked for and are stored, in order. */
  readonly results: readonly UnitResult[];
  /** How many of them were run now. */
  readonly unitsRun: number;
  readonly interrupted: boolean;
};

/**
 * Runs the units that are asked for and not stored yet, and stores each as it ends. So whenever this is ended, by
 * whatever, asking for the same again goes on where it was.
 *
 * @throws HarnessError those of a run that cannot begin, `HARNESS_UNWRITABLE_FILE`
 */
export async function runCampaign(options: CampaignRunOptions): Promise<CampaignRun> {
  const { store, pool, signal, timeUp } = options;
  const { campaign } = store;
  const results = new Map<number, UnitResult>();
  let unitsRun = 0;
  let isFailed = false;
  const pending = pendingUnits(options, (result) => {
    results.set(result.unit, result);
    options.onUnit(result, false);
  });
  const isOver = (): boolean => signal.aborted || timeUp.aborted || isFailed;
  const closePool = (): void => void pool.close();
  signal.addEventListener("abort", closePool, { once: true });
  // Units under way are run to their end where another one cannot be run.
  const settled = await Promise.allSettled(Array.from({ length: options.jobs }, work));
  signal.removeEventListener("abort", closePool);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined && !signal.aborted) throw failed.reason;
  const inOrder = [...results.values()].toSorted((left, right) => left.unit - right.unit);
  return { results: inOrder, unitsRun, interrupted: signal.aborted };

  async function work(): Promise<void> {
    for (;;) {
      if (isOver()) return;
      const { value: unit, done } = pending.next();
      if (done === true) return;
      const result = await runOne(unit);
      // A unit that ended while everything stops may have been cut short by that.
      if (signal.aborted) return;
      store.write(result);
      results.set(unit, result);
      unitsRun += 1;
      options.onUnit(result, true);
    }
  }

  async function runOne(unit: number): Promise<UnitResult> {
    try {
      return await pool.run({ campaign, unit }, () => options.onPlan(unit));
    } catch (error) {
      isFailed = true;
      throw error;
    }
  }
}

/** The units to run, in order; those that are stored already are told instead. */
function* pendingUnits(
  { store, selection }: CampaignRunOptions,
  onStored: (result: UnitResult) => void,
): Generator<number, undefined> {
  const stored = new Set(store.units());
  const end = unitCount(store.campaign) ?? UNITS_MAX;
  // What is there is told first, so that progress begins with it.
  for (const unit of stored) {
    const sealed = isSelected(selection, unit) && unit < end ? store.read(unit) : undefined;
    if (sealed !== undefined) onStored(sealed.result);
  }
  for (let unit = 0; unit < end; unit += 1) {
    if (isSelected(selection, unit) && !stored.has(unit)) yield unit;
  }
  return undefined;
}

/** No search comes to an end here: it is ended by its time. */
const UNITS_MAX = 10_000_000;

/** How many units a campaign has: those that were asked for, or that its space has; undefined where time decides. */
export function unitCount({ units, identity }: Campaign): number | undefined {
  const { count } = openPlanSource(identity.space);
  if (count === undefined) return units ?? undefined;
  const all = Math.ceil(count / identity.unitSize);
  return units === null ? all : Math.min(units, all);
}
