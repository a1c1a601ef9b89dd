import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import pLimit from "p-limit";

import { checkHistory } from "../check/check-history.ts";
import type { Verdict } from "../check/verdict.ts";
import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import { planArbitrary } from "../generate/plan-arbitrary.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import type { Plan } from "../plan/plan.ts";
import type { ClientReference } from "../plan/scenario.ts";
import { clientModuleOf } from "../reproduce/client-module.ts";
import type { Harness } from "../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import type { Reproduction } from "../reproduce/reproduction.ts";
import type { AgentPromise } from "./promise.ts";
import { type Tally, tallyRuns } from "./tally.ts";

/** How a promise is checked. */
export type PromiseOptions = {
  readonly harness: Harness;
  readonly client: ClientReference;
  /** How many plans are generated and run, 1.. */
  readonly runs: number;
  /** Decides the plans; print it, so that they can be had again. */
  readonly seed: number;
  readonly backend?: string;
  /** How many runs go on at once; 4 where absent. */
  readonly sideBySide?: number;
  /** Where a failure is stored. */
  readonly directory: string;
  /** How long a failure may be shrunk, in ms; 30_000 where absent. */
  readonly shrinkMs?: number;
};

/** A promise that was broken. */
export type BrokenPromise = {
  readonly plan: Plan;
  readonly verdict: Verdict;
  /** The file that replays it. */
  readonly reproduction: string;
  readonly replayCommand: string;
};

/** What came of checking a promise. */
export type PromiseResult = {
  readonly promise: string;
  readonly seed: number;
  readonly tally: Tally;
  /** Absent where the promise was kept. */
  readonly broken?: BrokenPromise;
};

/**
 * Generates plans, runs them side by side, and shrinks the first that breaks the promise to a small file.
 *
 * A fault that did not fire is taken out of its plan before it is judged, and a plan without any is not counted.
 *
 * @throws HarnessError those of a run
 */
export async function checkPromise(promise: AgentPromise, options: PromiseOptions): Promise<PromiseResult> {
  refuseUnjudged(promise, options.harness);
  // Runs of other promises go on at the same time, and a client that found their state would go on with their session.
  const stateRoot = mkdtempSync(join(tmpdir(), "cutwire-state-"));
  try {
    return await checkIn(promise, { ...options, stateRoot });
  } finally {
    rmSync(stateRoot, { recursive: true, force: true });
  }
}

type RunningOptions = PromiseOptions & { readonly stateRoot: string };

async function checkIn(promise: AgentPromise, options: RunningOptions): Promise<PromiseResult> {
  const { runs, seed } = options;
  const plans = fc.sample(planArbitrary(), { numRuns: runs, seed });
  const limit = pLimit(options.sideBySide ?? 4);
  const results = await Promise.all(
    plans.map(async (plan) => await limit(async () => await runGenerated(plan, options))),
  );
  const failing = results.find((result) => ownViolation(promise, result) !== undefined);
  const broken = failing === undefined ? undefined : await shrinkAndStore(promise, failing, options);
  return { promise: promise.name, seed, tally: tallyRuns(results), ...(broken === undefined ? {} : { broken }) };
}

/** A promise that no checker judges would be kept by everybody. */
function refuseUnjudged({ name, rules }: AgentPromise, { checkers }: Harness): void {
  if (checkers.some(({ rule }) => rules.includes(rule))) return;
  const message = `No checker judges the promise "${name}". It stands on ${rules.join(", ")}; give a harness that has one.`;
  throw new HarnessError("HARNESS_UNKNOWN_NAME", message, { details: { promise: name } });
}

/** Runs a generated plan and judges it by the faults that fired. */
async function runGenerated(plan: Plan, options: RunningOptions): Promise<RunResult> {
  const { harness } = options;
  const result = await runAndJudge(
    {
      plan,
      module: clientModuleOf(options.client, harness),
      backend: options.backend ?? "embedded",
      target: "reference",
      sink: createMemoryHistorySink(),
      stateDirectory: mkdtempSync(join(options.stateRoot, "run-")),
    },
    harness,
  );
  const fired = firedPlan(result);
  const { contract, history } = result.record;
  return { ...result, verdicts: checkHistory({ plan: fired, contract, history }, harness.checkers) };
}

function firedPlan({ record, faults }: RunResult): Plan {
  const fired = new Set(faults.filter(({ state }) => state === "fired").map(({ id }) => id));
  return { ...record.plan, faults: record.plan.faults.filter(({ id }) => fired.has(id)) };
}

function ownViolation({ rules }: AgentPromise, { verdicts, faults }: RunResult): Verdict | undefined {
  if (faults.every(({ state }) => state !== "fired")) return undefined;
  return verdicts.find(({ rule, outcome }) => outcome === "violated" && rules.includes(rule));
}

async function shrinkAndStore(
  promise: AgentPromise,
  failing: RunResult,
  options: RunningOptions,
): Promise<BrokenPromise> {
  let smallest = failing;
  const rule = ownViolation(promise, failing)?.rule;
  const isKept = async (plan: Plan): Promise<boolean> => {
    const result = await runGenerated(plan, options);
    if (ownViolation(promise, result)?.rule !== rule) return true;
    smallest = result;
    return false;
  };
  // The plan that failed is the only example, and fast-check shrinks it through the unmapper.
  await fc.check(fc.asyncProperty(planArbitrary(), isKept), {
    examples: [[firedPlan(failing)]],
    numRuns: 1,
    seed: options.seed,
    plugins: [fc.interruptAfterTimeLimit(options.shrinkMs ?? 30_000)],
  });
  return store(promise, smallest, options);
}

function store(promise: AgentPromise, result: RunResult, options: PromiseOptions): BrokenPromise {
  const { record } = result;
  const verdicts = result.verdicts.filter(
    ({ rule, outcome }) => outcome === "violated" && promise.rules.includes(rule),
  );
  const [verdict] = verdicts;
  if (verdict === undefined) throw new Error("a broken promise without a violated rule");
  const reproduction: Reproduction = {
    formatVersion: 1,
    plan: firedPlan(result),
    client: options.client,
    contract: record.contract,
    backend: record.backendName,
    verdicts,
    versions: { node: process.versions.node },
  };
  mkdirSync(options.directory, { recursive: true });
  const path = join(options.directory, `${promise.name}-${options.seed}.json`);
  writeFileSync(path, `${stableJson(reproduction, 2)}\n`);
  return { plan: reproduction.plan, verdict, reproduction: path, replayCommand: `npx cutwire replay ${path}` };
}
