import { digestOf } from "../../determinism/stable-json.ts";
import { type Plan, PlanSchema } from "../../plan/plan.ts";
import type { Candidate, ShrinkPass } from "./pass.ts";
import { SHRINK_PASSES } from "./passes.ts";
import { isSmaller, type PlanSize, sizeOfPlan } from "./plan-size.ts";
import { isSameViolation, type Violation } from "./violation.ts";

/** What a run of a plan violated. It need not finish once the signal of the search is aborted. */
export type PlanJudge = (plan: Plan) => Promise<readonly Violation[]>;

/** How a plan is shrunk. */
export type ShrinkOptions = {
  readonly judge: PlanJudge;
  /** The failure to keep: a plan counts that has one of these. */
  readonly failure: readonly Violation[];
  /** How many runs of a smaller plan have to fail so, and of how many; 1 of 1 where absent. */
  readonly repeat?: ShrinkRepeat;
  /** How many smaller plans are tried at most, 1..; 10_000 where absent. */
  readonly triesMax?: number;
  /** Ends the search; a plan under trial then is not counted. */
  readonly signal?: AbortSignal;
  /** Told of each smaller plan that still fails, so that the best one so far can be kept safe. */
  readonly onSmaller?: (shrunk: ShrunkPlan) => void;
};

/** So many of so many runs: on a wall clock one run may be luck, good or bad. */
export type ShrinkRepeat = { readonly needed: number; readonly of: number };

/** The smallest plan so far. */
export type ShrunkPlan = {
  readonly plan: Plan;
  readonly size: PlanSize;
  /** The failure as this plan has it; absent where nothing smaller was found. */
  readonly violation?: Violation;
  /** How many smaller plans were tried. */
  readonly tried: number;
  /** Why the search ended: nothing that it could try was left, it had tried so many, or it was stopped. */
  readonly endedBy: "nothing-left" | "tries" | "signal";
};

const TRIES_MAX = 10_000;

/**
 * Looks for the smallest plan that still fails the same way: delta debugging over the plan's own data.
 *
 * Whatever is tried is a valid plan that is smaller than the best one so far, so the search ends. It goes through all
 * passes until a whole round finds nothing; then no single step makes the plan smaller. The seed and the limits stay.
 */
export async function shrinkPlan(plan: Plan, options: ShrinkOptions): Promise<ShrunkPlan> {
  const search = openSearch(plan, options);
  let isMoving = true;
  while (isMoving && search.mayGoOn()) {
    isMoving = false;
    for (const pass of SHRINK_PASSES) isMoving = (await searchPass(pass, search)) || isMoving;
  }
  return search.best();
}

type Search = {
  best(): ShrunkPlan;
  mayGoOn(): boolean;
  /** Whether it is a smaller plan that still fails; it is the best one then. */
  try(candidate: Candidate): Promise<boolean>;
};

/**
 * Goes on behind the place of the last success, because what failed before it will mostly fail again, and comes back to
 * that in the end.
 */
async function searchPass(pass: ShrinkPass, search: Search): Promise<boolean> {
  let start = 0;
  let hasMoved = false;
  for (;;) {
    const candidates = pass(search.best().plan);
    const first = Math.min(start, candidates.length);
    const found = await firstSuccess([...candidates.slice(first), ...candidates.slice(0, first)], search);
    if (found === undefined) return hasMoved;
    hasMoved = true;
    start = (first + found) % candidates.length;
  }
}

async function firstSuccess(candidates: readonly Candidate[], search: Search): Promise<number | undefined> {
  for (const [index, candidate] of candidates.entries()) {
    if (!search.mayGoOn()) return undefined;
    if (await search.try(candidate)) return index;
  }
  return undefined;
}

function openSearch(start: Plan, options: ShrinkOptions): Search {
  const { triesMax = TRIES_MAX, signal, onSmaller } = options;
  const seen = new Set<string>([digestOf(start)]);
  let found: Pick<ShrunkPlan, "plan" | "size" | "violation"> = { plan: start, size: sizeOfPlan(start) };
  let tried = 0;
  const isStopped = (): boolean => signal?.aborted === true;
  const best = (): ShrunkPlan => ({
    ...found,
    tried,
    endedBy: isStopped() ? "signal" : tried >= triesMax ? "tries" : "nothing-left",
  });
  return {
    best,
    mayGoOn: () => !isStopped() && tried < triesMax,
    async try(candidate) {
      const { data: plan } = PlanSchema.safeParse(candidate());
      if (plan === undefined) return false;
      const size = sizeOfPlan(plan);
      if (!isSmaller(size, found.size) || !isNew(plan, seen)) return false;
      tried += 1;
      const violation = await failureOf(plan, options);
      if (violation === undefined) return false;
      found = { plan, size, violation };
      onSmaller?.(best());
      return true;
    },
  };
}

function isNew(plan: Plan, seen: Set<string>): boolean {
  const digest = digestOf(plan);
  if (seen.has(digest)) return false;
  seen.add(digest);
  return true;
}

/** Runs no more often than it takes to know. */
async function failureOf(plan: Plan, options: ShrinkOptions): Promise<Violation | undefined> {
  const { judge, failure, signal, repeat = { needed: 1, of: 1 } } = options;
  let hits = 0;
  for (let run = 0; run < repeat.of && hits + repeat.of - run >= repeat.needed; run += 1) {
    const violations = await judge(plan);
    if (signal?.aborted === true) return undefined;
    const same = violations.find((violation) => failure.some((kept) => isSameViolation(violation, kept)));
    if (same === undefined) continue;
    hits += 1;
    if (hits >= repeat.needed) return same;
  }
  return undefined;
}
