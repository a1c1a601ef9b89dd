import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HarnessError } from "../../errors.ts";
import { violatedRulesOf } from "../../reproduce/confirm.ts";
import { type Harness, pluginNamed } from "../../reproduce/harness.ts";
import type { RunResult } from "../../reproduce/judged-run.ts";
import { settingsOfReplay } from "../../reproduce/replay.ts";
import type { Reproduction } from "../../reproduce/reproduction.ts";
import { type PlanSize, sizeOfPlan } from "./plan-size.ts";
import { shrinkPlan, type ShrinkRepeat, type ShrunkPlan } from "./shrink-plan.ts";
import { type TrialSettings, tryPlan } from "./trial-run.ts";
import { violationsOf } from "./violation.ts";

/** How a reproduction is shrunk. */
export type ShrinkReproductionOptions = {
  readonly harness: Harness;
  /** Another backend than that of the file. */
  readonly backend?: string;
  /** The rule whose violation is kept; where absent, the first of the file that is violated again. */
  readonly rule?: string;
  /** How many smaller plans are tried at most. */
  readonly triesMax?: number;
  /** Ends the search: the time is over, or somebody does not want to wait. */
  readonly signal: AbortSignal;
  /** Versions to be named in what is found. */
  readonly versions: Reproduction["versions"];
  /** Told of each run of the file's own plan. */
  readonly onFirstRun?: (run: number, of: number) => void;
  /** Told of each smaller reproduction, so that the best one so far can be stored at once. */
  readonly onSmaller?: (reproduction: Reproduction, shrunk: ShrunkPlan) => void;
};

/**
 * What came of shrinking a reproduction.
 *
 * - `smaller`, `nothing-smaller`: the search went on until `endedBy`.
 * - `gone`: the file's own plan does not fail as the file says, so there is nothing to hold smaller plans against.
 * - `stopped`: it was ended before the file's own plan had been run often enough.
 */
export type ShrinkOutcome =
  | ({
      readonly outcome: "smaller" | "nothing-smaller";
      readonly before: PlanSize;
      /** The rule whose violation was kept. */
      readonly rule: string;
    } & ShrunkPlan)
  | { readonly outcome: "gone"; readonly runs: readonly RunResult[]; readonly rules: readonly string[] }
  | { readonly outcome: "stopped" };

/** On a wall clock two of three runs have to fail alike. */
const ON_A_WALL_CLOCK: ShrinkRepeat = { needed: 2, of: 3 };
const ONCE: ShrinkRepeat = { needed: 1, of: 1 };

/**
 * Makes the plan of a reproduction as small as can be, with its client, contract and seed.
 *
 * The file holds no history, so its own plan is run first: what its violation looks like now is what smaller plans are
 * held against.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` for a rule that the file does not name, and those of a run
 */
export async function shrinkReproduction(
  reproduction: Reproduction,
  options: ShrinkReproductionOptions,
): Promise<ShrinkOutcome> {
  const { harness, backend, signal } = options;
  const rules = rulesToKeep(reproduction, options.rule);
  const settings = settingsOfReplay(reproduction, backend === undefined ? {} : { backend }, harness);
  const isRepeatable = pluginNamed("backend", settings.backend, harness.backends).isRepeatable === true;
  const stateRoot = mkdtempSync(join(tmpdir(), "cutwire-shrink-"));
  try {
    const trials: TrialSettings = { ...settings, harness, stateRoot, signal };
    return await shrinkIn(reproduction, { ...options, rules, trials, repeat: isRepeatable ? ONCE : ON_A_WALL_CLOCK });
  } finally {
    rmSync(stateRoot, { recursive: true, force: true });
  }
}

type Parts = ShrinkReproductionOptions & {
  readonly rules: readonly string[];
  readonly trials: TrialSettings;
  readonly repeat: ShrinkRepeat;
};

async function shrinkIn(reproduction: Reproduction, parts: Parts): Promise<ShrinkOutcome> {
  const { rules, trials, repeat, signal, triesMax, onSmaller } = parts;
  const runs = await firstRuns(reproduction, parts);
  const rule = rules.find((one) => countOf(one, runs) >= repeat.needed);
  if (rule === undefined) return signal.aborted ? { outcome: "stopped" } : { outcome: "gone", runs, rules };
  const shrunk = await shrinkPlan(reproduction.plan, {
    judge: async (plan) => violationsOf(await tryPlan(plan, trials)),
    failure: runs.flatMap(violationsOf).filter(({ verdict }) => verdict.rule === rule),
    repeat,
    signal,
    ...(triesMax === undefined ? {} : { triesMax }),
    onSmaller(found) {
      const verdicts = found.violation === undefined ? [] : [found.violation.verdict];
      const { plan } = found;
      onSmaller?.({ ...reproduction, plan, backend: trials.backend, verdicts, versions: parts.versions }, found);
    },
  });
  const outcome = shrunk.violation === undefined ? "nothing-smaller" : "smaller";
  return { outcome, before: sizeOfPlan(reproduction.plan), rule, ...shrunk };
}

/** Runs the file's own plan until its first rule is certain, or as often as it may take. */
async function firstRuns(
  { plan }: Reproduction,
  { rules, trials, repeat, signal, onFirstRun }: Parts,
): Promise<readonly RunResult[]> {
  const runs: RunResult[] = [];
  while (runs.length < repeat.of && countOf(rules[0], runs) < repeat.needed) {
    onFirstRun?.(runs.length + 1, repeat.of);
    const result = await tryPlan(plan, trials);
    if (signal.aborted) return runs;
    runs.push(result);
  }
  return runs;
}

function countOf(rule: string | undefined, runs: readonly RunResult[]): number {
  return runs.filter((run) => rule !== undefined && violatedRulesOf(run).includes(rule)).length;
}

function rulesToKeep({ verdicts }: Reproduction, chosen: string | undefined): readonly string[] {
  const rules = [...new Set(verdicts.map(({ rule }) => rule))];
  if (chosen === undefined) return rules;
  if (rules.includes(chosen)) return [chosen];
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The file has no violation of "${chosen}". It names ${rules.join(", ")}.`,
    { details: { rule: chosen, rules } },
  );
}
