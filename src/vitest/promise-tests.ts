import { describe, it } from "vitest";

import { witnessShapeOf } from "../check/witness-shape.ts";
import { drawSeed } from "../determinism/random.ts";
import { HarnessError } from "../errors.ts";
import { GENERATED_LIMITS } from "../generate/plan-arbitrary.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { BrokenPromise } from "../properties/broken-promise.ts";
import { checkPromise, type PromiseOptions, type PromiseResult } from "../properties/check-promise.ts";
import { type AgentPromise, PROMISES } from "../properties/promise.ts";
import type { Tally } from "../properties/tally.ts";
import { judgeVerdicts } from "../report/judge.ts";
import { findKnown } from "../report/known-findings.ts";
import { PLAIN_PAINT } from "../report/reporter.ts";
import type { KnownFinding, ScenarioReport } from "../report/run-report.ts";
import { scenarioWords } from "../report/scenario-words.ts";
import { tellViolations } from "../report/violations.ts";
import type { RunFolder } from "../suite/run-folder.ts";
import { AROUND_RUN_MS, failureOf } from "./test-ending.ts";

/** The variable that has the generated plans of an earlier run again. */
const SEED_VARIABLE = "CUTWIRE_SEED";
const SEED_MAX = 2 ** 32 - 1;
const RUNS = 50;
/** More than this takes hours, and is what searches are for. */
const RUNS_MAX = 10_000;
const SIDE_BY_SIDE = 4;
const SHRINK_MS = 30_000;

/** What promises are checked with. */
export type PromiseTestParts = Omit<PromiseOptions, "directory" | "signal" | "isKnown" | "sideBySide" | "shrinkMs"> & {
  readonly confirm: number;
  readonly known: readonly KnownFinding[];
  readonly folder: () => RunFolder;
};

/**
 * The promises that a user names.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME` that lists them
 */
export function promisesNamed(names: "all" | readonly string[]): readonly AgentPromise[] {
  if (names === "all") return PROMISES;
  return names.map((name) => {
    const promise = PROMISES.find((one) => one.name === name);
    if (promise !== undefined) return promise;
    const known = PROMISES.map((one) => one.name).join(", ");
    throw new HarnessError("HARNESS_UNKNOWN_NAME", `There is no promise named "${name}". Promises: ${known}.`, {
      details: { name },
    });
  });
}

/**
 * The seed of the generated plans: that of the environment, so that a failure is repeated without a change of the test,
 * or the given one, or one that nobody chose.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function seedOf(given: number | undefined, environment: Readonly<Record<string, string | undefined>>): number {
  const named = environment[SEED_VARIABLE];
  const seed = named === undefined || named === "" ? (given ?? drawSeed()) : Number(named);
  if (Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) return seed;
  const source = named === undefined || named === "" ? `seed is ${given}` : `${SEED_VARIABLE} is "${named}"`;
  const message = `A seed is a whole number from 0 to ${SEED_MAX}, and ${source}. Give one, or none.`;
  throw new HarnessError("HARNESS_INVALID_OPTION", message, { details: { seed: named ?? given } });
}

/**
 * How many plans are generated for each promise.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function runsOf(given: number | undefined): number {
  const runs = given ?? RUNS;
  if (Number.isInteger(runs) && runs >= 1 && runs <= RUNS_MAX) return runs;
  const message = `A promise is checked over 1 to ${RUNS_MAX} generated plans, and runs is ${runs}. Give a whole number.`;
  throw new HarnessError("HARNESS_INVALID_OPTION", message, { details: { runs } });
}

/** Declares a test for each promise, one after the other: each has its runs side by side already. */
export function declarePromiseTests(title: string, promises: readonly AgentPromise[], parts: PromiseTestParts): void {
  const { known, folder, ...options } = parts;
  const rounds = Math.ceil(options.runs / SIDE_BY_SIDE) + options.confirm + 1;
  const timeout = (GENERATED_LIMITS.runMs + AROUND_RUN_MS) * rounds + SHRINK_MS;
  describe(title, { concurrent: false }, () => {
    for (const promise of promises) {
      it(promise.name, { timeout }, async ({ signal }) => {
        const result = await checkPromise(promise, {
          ...options,
          signal,
          sideBySide: SIDE_BY_SIDE,
          shrinkMs: SHRINK_MS,
          directory: folder().path,
          isKnown: (verdict, history) =>
            findKnown(verdict, { scenario: promise.name, shape: witnessShapeOf(verdict, history) }, known) !==
            undefined,
        });
        const { broken, why, outcome, tally } = result;
        if (broken !== undefined) throw failureOf("PromiseBroken", brokenWords(promise, result, broken));
        if (why !== undefined)
          throw failureOf("Undecided", [promise.name, `  ${promise.claim}`, `  ${why}`, ...runsWords(result)]);
        console.log(`${promise.name}: ${outcome} with seed ${result.seed}; ${tallyWords(tally)}`);
        for (const { verdict, replayCommand } of result.strays) {
          console.log(`  on the way ${verdict.rule} was violated, of another promise: ${replayCommand}`);
        }
      });
    }
  });
}

function brokenWords(promise: AgentPromise, result: PromiseResult, broken: BrokenPromise): readonly string[] {
  const { run, confirmations, directory, replayCommand, plan } = broken;
  const violated = run.verdicts.filter(({ rule, outcome }) => outcome === "violated" && promise.rules.includes(rule));
  const place = { scenario: promise.name, history: run.record.history, known: [] };
  const report: ScenarioReport = {
    name: promise.name,
    why: promise.claim,
    outcome: "violated",
    verdicts: tellViolations(judgeVerdicts(violated, []), place).map((verdict) => {
      const counted = confirmations.find(({ rule }) => rule === verdict.rule);
      if (counted === undefined) return verdict;
      return { ...verdict, repeated: { violatedRuns: counted.violatedRuns, runs: counted.runs } };
    }),
    faults: [],
    runs: confirmations[0]?.runs ?? 1,
    durationMs: 0,
    directory,
    replayCommand,
  };
  return [...scenarioWords(report, PLAIN_PAINT), ...plan.faults.map(faultWords), ...runsWords(result)];
}

function faultWords({ fault, when }: ScheduledFault): string {
  const place = when.at.kind === "point" ? `${when.at.point}, occurrence ${when.at.occurrence}` : when.at.kind;
  return `  fault    ${JSON.stringify(fault)} at ${place}`;
}

function runsWords({ seed, tally }: PromiseResult): readonly string[] {
  return [`  plans    ${tallyWords(tally)}`, `  again    ${SEED_VARIABLE}=${seed}`];
}

/** What generated runs came to, in one line. */
function tallyWords({ runs, allFired, discarded, faults }: Tally): string {
  const { fired, missed, failed } = faults;
  return `${runs} runs, ${allFired} with every fault fired, ${discarded} discarded; ${fired} faults fired, ${missed} missed, ${failed} failed`;
}
