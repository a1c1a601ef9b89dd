import { HarnessError } from "../errors.ts";
import type { Contract } from "../plan/contract.ts";
import type { ClientReference } from "../plan/scenario.ts";
import { clientModuleOf } from "./client-module.ts";
import { violatedRulesOf } from "./confirm.ts";
import { type Harness, pluginNamed, targetNamed } from "./harness.ts";
import type { RunResult } from "./judged-run.ts";
import type { Reproduction } from "./reproduction.ts";

/**
 * How a replay compares with the failure in its file.
 *
 * - `reproduced`: a rule of the file was violated in at least one run.
 * - `different`: none of them was, but another rule.
 * - `fixed`: nothing was violated in any run, and every fault fired in each.
 * - `undecided`: nothing was violated, but a fault did not fire, or a rule of the file stayed unknown, or the target has
 *   a model of its own that leaves it nothing to judge.
 */
export type ReplayOutcome = {
  readonly outcome: "reproduced" | "different" | "fixed" | "undecided";
  /** Per rule of the file, in how many of the runs it was violated. */
  readonly counts: readonly { readonly rule: string; readonly violatedRuns: number }[];
  /** Rules that were violated now, but not then. */
  readonly otherRules: readonly string[];
  readonly runs: number;
};

/** Compares the runs of a replay with the file that they replay. */
export function compareReplay(reproduction: Reproduction, results: readonly RunResult[]): ReplayOutcome {
  const rules = reproduction.verdicts.map(({ rule }) => rule);
  const counts = rules.map((rule) => ({
    rule,
    violatedRuns: results.filter((result) => violatedRulesOf(result).includes(rule)).length,
  }));
  const otherRules = [...new Set(results.flatMap(violatedRulesOf))].filter((rule) => !rules.includes(rule));
  return { outcome: outcomeOf(), counts, otherRules, runs: results.length };

  function outcomeOf(): ReplayOutcome["outcome"] {
    if (counts.some(({ violatedRuns }) => violatedRuns > 0)) return "reproduced";
    if (otherRules.length > 0) return "different";
    const isDecided = results.length > 0 && results.every((result) => isClean(result, rules));
    return isDecided ? "fixed" : "undecided";
  }
}

/** What a reproduction is replayed with. */
export type ReplaySettings = {
  readonly client: ClientReference;
  readonly backend: string;
  readonly target: string;
  readonly contract?: Contract;
};

/**
 * What a reproduction is replayed with: what its file says, and what was chosen instead.
 *
 * Another client makes its own promises; the same one is held to those of the file.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_CLIENT`,
 * `HARNESS_INVALID_OPTION` for a target on which no rule of the file can be judged
 */
export function settingsOfReplay(
  reproduction: Reproduction,
  chosen: { readonly client?: ClientReference; readonly backend?: string; readonly target?: string },
  harness: Harness,
): ReplaySettings {
  const client = chosen.client ?? reproduction.client;
  const backend = chosen.backend ?? reproduction.backend;
  const target = chosen.target ?? reproduction.target ?? "reference";
  clientModuleOf(client, harness);
  pluginNamed("backend", backend, harness.backends);
  if (!targetNamed(target, harness).isScripted) refuseUnanswerable(reproduction, target, harness);
  const contract = chosen.client === undefined ? { contract: reproduction.contract } : {};
  return { client, backend, target, ...contract };
}

/** Where no rule of a file can be judged, nothing that is seen would say that the failure is gone. */
function refuseUnanswerable({ verdicts }: Reproduction, target: string, { checkers }: Harness): void {
  const needsScript = (rule: string): boolean =>
    checkers.some((checker) => checker.rule === rule && checker.needsScript === true);
  if (!verdicts.every(({ rule }) => needsScript(rule))) return;
  const rules = verdicts.map(({ rule }) => rule).join(", ");
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The target ${target} brings its own model, and ${rules} can be judged only where the model plays the plan's script. Replay with --target reference.`,
    { details: { target } },
  );
}

/** Runs one after the other, as often as asked for, or until the signal is aborted. */
export async function repeatRun(
  times: number,
  signal: AbortSignal | undefined,
  run: (index: number) => Promise<RunResult>,
): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  for (let index = 0; index < times && signal?.aborted !== true; index += 1) results.push(await run(index));
  return results;
}

function isClean({ faults, verdicts, record }: RunResult, rules: readonly string[]): boolean {
  if (record.interrupted || faults.some(({ state }) => state !== "fired")) return false;
  // A rule that this target leaves nothing to judge of was not seen to be kept either.
  const isScripted = !record.history.some((event) => event.kind === "run-started" && !event.scripted);
  return verdicts.every(({ rule, outcome }) => {
    const isOpen = outcome === "unknown" || (outcome === "not-exercised" && !isScripted);
    return !rules.includes(rule) || !isOpen;
  });
}
