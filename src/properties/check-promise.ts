import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import pLimit from "p-limit";

import { createRandom } from "../determinism/random.ts";
import { HarnessError } from "../errors.ts";
import { spreadPlans } from "../generate/spread-plans.ts";
import type { Plan } from "../plan/plan.ts";
import type { Harness } from "../reproduce/harness.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import {
  type BrokenPromise,
  type BrokenPromiseOptions,
  type StrayViolation,
  tellBrokenPromise,
  tellStrayViolations,
} from "./broken-promise.ts";
import { type GeneratedRunOptions, mouldsOf, ownViolations, runGenerated } from "./generated-run.ts";
import type { AgentPromise } from "./promise.ts";
import { type Tally, tallyRuns } from "./tally.ts";

/** How a promise is checked. */
export type PromiseOptions = GeneratedRunOptions & {
  /** How many plans are generated and run, 1.. */
  readonly runs: number;
  /** Decides the plans, together with the promise's name; print it, so that they can be had again. 0..4294967295. */
  readonly seed: number;
  /** How many runs go on at once; 4 where absent. */
  readonly sideBySide?: number;
  /** Where a failure is stored, in a folder of its own. */
  readonly directory: string;
  /** How long a failure may be shrunk, in ms; 30_000 where absent. */
  readonly shrinkMs?: number;
  /** How often a failure is run again when it is as small as it gets, 0 or more; 3 where absent. */
  readonly confirm?: number;
};

/** What came of checking a promise. */
export type PromiseResult = {
  readonly promise: string;
  readonly seed: number;
  /** `undecided`: nothing was broken, but too little happened to say that it was kept. */
  readonly outcome: "kept" | "broken" | "undecided";
  /** Over the runs that were made: after the first that breaks the promise no other is begun. */
  readonly tally: Tally;
  /** How it was broken, where it was. */
  readonly broken?: BrokenPromise;
  /** Rules of other promises that were violated on the way, each with the first run that did it, as it was. */
  readonly strays: readonly StrayViolation[];
  /** Why it is undecided, where it is, as a sentence. */
  readonly why?: string;
};

const PLAN_SEED_MAX = 2 ** 31 - 1;

/** In which share of the runs a fault has to fire. */
const STRUCK_SHARE = 0.8;

/**
 * Generates plans, runs them side by side, and shrinks the first that breaks the promise to a small file.
 *
 * A fault that did not fire is taken out of its plan before it is judged, and a plan without any is not counted. Where
 * that is more than a fifth of them, or where no rule of the promise had anything to judge, the promise is undecided.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` for `runs` below 1, `HARNESS_UNKNOWN_NAME` for a promise that no checker
 * judges, and those of a run
 */
export async function checkPromise(promise: AgentPromise, options: PromiseOptions): Promise<PromiseResult> {
  const { runs, seed, signal } = options;
  refuseNoRuns(runs);
  refuseUnjudged(promise, options.harness);
  const stateRoot = mkdtempSync(join(tmpdir(), "cutwire-state-"));
  try {
    const parts = { ...options, stateRoot };
    const plans = spreadPlans(runs, planSeed(promise, seed), { moulds: mouldsOf(options) });
    const results = await runUntilBroken(promise, plans, parts);
    const tally = tallyRuns(results, promise.rules);
    const shared = { promise: promise.name, seed, tally, strays: tellStrayViolations(promise, results, parts) };
    const failing = results.find((result) => ownViolations(promise, result, options).length > 0);
    if (failing !== undefined) {
      const broken = await tellBrokenPromise(promise, failing, parts);
      return { ...shared, outcome: "broken", broken };
    }
    const why = signal?.aborted === true ? "The runs were interrupted." : whatIsMissing(tally);
    return why === undefined ? { ...shared, outcome: "kept" } : { ...shared, outcome: "undecided", why };
  } finally {
    rmSync(stateRoot, { recursive: true, force: true });
  }
}

/** Each promise has plans of its own, or five promises with one seed would try the same plans five times. */
function planSeed({ name }: AgentPromise, seed: number): number {
  return createRandom(seed, name).integer(0, PLAN_SEED_MAX);
}

/** Runs plans side by side, and begins none after one that broke the promise, or could not be run. */
async function runUntilBroken(
  promise: AgentPromise,
  plans: readonly Plan[],
  options: BrokenPromiseOptions & Pick<PromiseOptions, "sideBySide">,
): Promise<readonly RunResult[]> {
  const limit = pLimit(options.sideBySide ?? 4);
  const failing = new AbortController();
  const signal = options.signal === undefined ? failing.signal : AbortSignal.any([options.signal, failing.signal]);
  let isOver = false;
  const runOne = async (plan: Plan): Promise<RunResult | undefined> => {
    if (isOver || signal.aborted) return undefined;
    const result = await runGenerated(plan, options.stateRoot, { ...options, signal }).catch((error: unknown) => {
      failing.abort("another plan could not be run");
      throw error;
    });
    if (ownViolations(promise, result, options).length > 0) isOver = true;
    return result;
  };
  const settled = await Promise.allSettled(plans.map(async (plan) => await limit(async () => await runOne(plan))));
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((result) =>
    result.status === "fulfilled" && result.value !== undefined ? [result.value] : [],
  );
}

/** Why runs that broke nothing do not show that a promise was kept either. */
function whatIsMissing({ runs, discarded, decided }: Tally): string | undefined {
  if (runs - discarded < STRUCK_SHARE * runs) return `In ${discarded} of ${runs} runs no fault fired.`;
  return decided === 0 ? `None of the ${runs} runs had anything that its rules could judge.` : undefined;
}

function refuseNoRuns(runs: number): void {
  if (Number.isInteger(runs) && runs >= 1) return;
  const message = `A promise is checked with at least one run, and runs is ${runs}. Give a whole number from 1.`;
  throw new HarnessError("HARNESS_INVALID_OPTION", message, { details: { runs } });
}

/** A promise that no checker judges would be kept by everybody. */
function refuseUnjudged({ name, rules }: AgentPromise, { checkers }: Harness): void {
  if (checkers.some(({ rule }) => rules.includes(rule))) return;
  const message = `No checker judges the promise "${name}". It stands on ${rules.join(", ")}; give a harness that has one.`;
  throw new HarnessError("HARNESS_UNKNOWN_NAME", message, { details: { promise: name } });
}
