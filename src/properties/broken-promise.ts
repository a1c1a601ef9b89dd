import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";

import { planOfStruck } from "../check/fault-states.ts";
import type { Verdict } from "../check/verdict.ts";
import { stableJson } from "../determinism/stable-json.ts";
import { planArbitrary } from "../generate/plan-arbitrary.ts";
import { encodeEvent } from "../history/history-codec.ts";
import type { Plan } from "../plan/plan.ts";
import { type Confirmation, confirmViolations } from "../reproduce/confirm.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import type { Reproduction } from "../reproduce/reproduction.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";
import { type GeneratedRunOptions, mouldsOf, ownViolations, runGenerated } from "./generated-run.ts";
import type { AgentPromise } from "./promise.ts";
import { hasFired } from "./tally.ts";

/** Where a failure was stored. */
export type StoredFailure = {
  /** The folder with plan, history, result and reproduction. */
  readonly directory: string;
  /** The file that replays it. */
  readonly reproduction: string;
  readonly replayCommand: string;
};

/** A promise that was broken, by the smallest plan that still does it. */
export type BrokenPromise = StoredFailure & {
  readonly plan: Plan;
  /** The first of the promise's rules that was violated, with its witness. */
  readonly verdict: Verdict;
  /** The run that `verdict` is about. */
  readonly run: RunResult;
  /** In how many runs of the smallest plan each rule was violated. */
  readonly confirmations: readonly Confirmation[];
};

/** What a failure is made small and stored with. */
export type BrokenPromiseOptions = GeneratedRunOptions & {
  readonly seed: number;
  readonly directory: string;
  readonly stateRoot: string;
  /** How long it may be shrunk, in ms; 30_000 where absent. */
  readonly shrinkMs?: number;
  /** How often the smallest plan is run again, 0 or more; 3 where absent. */
  readonly confirm?: number;
};

/** Shrinks a run that broke a promise, runs the smallest plan again, and stores it in a folder of its own. */
export async function tellBrokenPromise(
  promise: AgentPromise,
  failing: RunResult,
  options: BrokenPromiseOptions,
): Promise<BrokenPromise> {
  const run = await shrinkRun(promise, failing, options);
  const plan = planOfStruck(run.record.plan, run.record.history);
  const repeat = async (): Promise<RunResult> => await runGenerated(plan, options.stateRoot, options);
  const confirmations = await confirmViolations(run, options.confirm ?? 3, repeat);
  const verdicts = ownViolations(promise, run, options);
  const [verdict] = verdicts;
  if (verdict === undefined) throw new Error(`"${promise.name}" was broken without a violated rule`);
  return { plan, verdict, run, confirmations, ...storeRun(run, verdicts, { promise, options }) };
}

/** A rule of another promise that was violated on the way; it breaks nothing here, and is worth a look. */
export type StrayViolation = StoredFailure & { readonly verdict: Verdict };

/** Stores the first run, as it is, for each rule that the promise does not stand on and that was violated. */
export function tellStrayViolations(
  promise: AgentPromise,
  results: readonly RunResult[],
  options: BrokenPromiseOptions,
): readonly StrayViolation[] {
  const found = new Map<string, { readonly verdict: Verdict; readonly run: RunResult }>();
  for (const run of results.filter(hasFired)) {
    for (const verdict of run.verdicts) {
      const isStray = verdict.outcome === "violated" && !promise.rules.includes(verdict.rule);
      if (!isStray || found.has(verdict.rule) || options.isKnown?.(verdict, run.record.history) === true) continue;
      found.set(verdict.rule, { verdict, run });
    }
  }
  return [...found.values()].map(({ verdict, run }) => ({
    verdict,
    ...storeRun(run, [verdict], { promise, options, suffix: `-${verdict.rule}` }),
  }));
}

/** Looks for a smaller plan that breaks the same rule first. */
async function shrinkRun(promise: AgentPromise, failing: RunResult, options: BrokenPromiseOptions): Promise<RunResult> {
  let smallest = failing;
  const rule = ownViolations(promise, failing, options)[0]?.rule;
  const isKept = async (plan: Plan): Promise<boolean> => {
    if (options.signal?.aborted === true) return true;
    const result = await runGenerated(plan, options.stateRoot, options);
    if (ownViolations(promise, result, options)[0]?.rule !== rule) return true;
    smallest = result;
    return false;
  };
  // The plan that failed is the only example, and fast-check shrinks it through the unmapper.
  await fc.check(fc.asyncProperty(planArbitrary({ moulds: mouldsOf(options) }), isKept), {
    examples: [[planOfStruck(failing.record.plan, failing.record.history)]],
    numRuns: 1,
    seed: options.seed,
    plugins: [fc.interruptAfterTimeLimit(options.shrinkMs ?? 30_000)],
  });
  return smallest;
}

/** Writes the same files as in the folder of any other run, so that `cutwire check` reads it. */
function storeRun(
  run: RunResult,
  verdicts: readonly Verdict[],
  to: { readonly promise: AgentPromise; readonly options: BrokenPromiseOptions; readonly suffix?: string },
): StoredFailure {
  const { client, seed, target } = to.options;
  const directory = join(to.options.directory, `${to.promise.name}-${seed}${to.suffix ?? ""}`);
  const { contract, backendName, history } = run.record;
  const plan = planOfStruck(run.record.plan, history);
  const content: Reproduction = {
    formatVersion: 1,
    plan,
    client,
    contract,
    backend: backendName,
    ...(target === undefined ? {} : { target }),
    verdicts,
    versions: { node: process.versions.node },
  };
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write("plan.json", `${stableJson(plan, 2)}\n`);
  write("history.jsonl", history.map((event) => `${encodeEvent(event)}\n`).join(""));
  write("result.json", `${stableJson({ verdicts: run.verdicts, faults: run.faults, contract }, 2)}\n`);
  write("reproduction.json", `${stableJson(content, 2)}\n`);
  const reproduction = join(directory, "reproduction.json");
  return { directory, reproduction, replayCommand: `npx cutwire replay ${quoteShellWord(reproduction)}` };
}
