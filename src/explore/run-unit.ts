import pLimit from "p-limit";

import { messageOf, systemCodeOf } from "../errors.ts";
import type { Checker } from "../check/checker.ts";
import type { Campaign } from "./campaign.ts";
import { type LostPlan, lostProcessRun } from "./lost-process.ts";
import { judgeSearchRun, type RunOne, type SearchRun } from "./search-run.ts";
import { openPlanSource } from "./search-space.ts";
import { type UnitResult, unitResultOf } from "./unit-result.ts";

/** One unit, and what went before. */
export type UnitTask = {
  readonly campaign: Campaign;
  readonly unit: number;
  /** Plans at which the process died or hung twice, each with how. They are not run again, and are findings. */
  readonly lost: readonly LostPlan[];
};

/** A plan that could not be run, or that the harness itself failed at: its `cause` says why. */
export class PlanFailure extends Error {
  readonly number: number;
  /** The code of the cause, where it has one: it goes from one process to another as a member. */
  readonly code: string | undefined;

  constructor(number: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = "PlanFailure";
    this.number = number;
    this.code = systemCodeOf(cause);
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack;
  }
}

/** What a unit is run with. */
export type UnitParts = {
  readonly runOne: RunOne;
  readonly checkers: readonly Checker[];
  /** How many runs go on at once; 1 in simulation, where they are no faster side by side. */
  readonly sideBySide: number;
  /** Told the number of each plan before it is run. */
  readonly onPlan: (number: number) => void;
};

/** The numbers of the plans of a unit, the last unit of a space with an end possibly short. */
export function numbersOfUnit(
  { identity }: Pick<Campaign, "identity">,
  unit: number,
  count?: number,
): readonly number[] {
  const { unitSize } = identity;
  const first = unit * unitSize;
  const size = Math.max(0, Math.min(unitSize, (count ?? Infinity) - first));
  return Array.from({ length: size }, (_, index) => first + index);
}

/**
 * Runs the plans of a unit and puts together what they came to. The same unit of the same campaign gives the same
 * result, in whichever process and order, on a backend that is deterministic.
 *
 * @throws PlanFailure where a run cannot begin, or the harness itself fails; no other plan is begun then
 */
export async function runUnit({ campaign, unit, lost }: UnitTask, parts: UnitParts): Promise<UnitResult> {
  const { space } = campaign.identity;
  const source = openPlanSource(space);
  const limit = pLimit(parts.sideBySide);
  const runs = await Promise.all(
    numbersOfUnit(campaign, unit, source.count).map(async (number) => await limit(async () => await runNumber(number))),
  );
  return unitResultOf({ campaign: campaign.id, unit, isSweep: space.kind === "sweep" }, runs);

  async function runNumber(number: number): Promise<SearchRun> {
    const plan = source.planOf(number);
    const known = lost.find((one) => one.number === number);
    if (known !== undefined) return lostProcessRun(known, plan, campaign.identity.contract);
    parts.onPlan(number);
    try {
      return judgeSearchRun(number, await parts.runOne(plan), parts.checkers);
    } catch (error) {
      limit.clearQueue();
      throw new PlanFailure(number, error);
    }
  }
}
