import pLimit from "p-limit";

import type { Scenario } from "../plan/scenario.ts";
import { findGone } from "../report/known-findings.ts";
import { exitCodeOf, type RunReport } from "../report/run-report.ts";
import { printClientReference } from "../reproduce/client-module.ts";
import type { Harness } from "../reproduce/harness.ts";
import { runScenario, type RunSettings, type ScenarioRun } from "./scenario-run.ts";
import { versionsInUse } from "./versions.ts";

/** What a suite is run with. */
export type SuiteParts = {
  readonly settings: RunSettings;
  readonly harness: Harness;
  /** How often a violation is run again. */
  readonly confirmTimes: number;
  /** How many scenarios run side by side. */
  readonly jobs: number;
  /** The wall time that the report tells. */
  readonly startedAt: string;
  /** Told of each scenario that ended, in the order in which they end. */
  readonly onScenario?: (run: ScenarioRun, progress: { readonly finished: number; readonly total: number }) => void;
};

/**
 * Runs scenarios side by side and puts their reports together, in the order in which they were given.
 *
 * @throws HarnessError those of a run that could not begin; the other scenarios are ended before
 */
export async function runSuite(scenarios: readonly Scenario[], parts: SuiteParts): Promise<RunReport> {
  const { harness, settings } = parts;
  const startMs = harness.clock.nowMs();
  const runs = await runSideBySide(scenarios, parts);
  const reports = runs.map(({ report }) => report);
  const interrupted = settings.signal.aborted || runs.some((run) => run.interrupted);
  return {
    formatVersion: 1,
    client: printClientReference(settings.client),
    backend: settings.backend,
    target: settings.target,
    startedAt: parts.startedAt,
    durationMs: Math.round(harness.clock.nowMs() - startMs),
    versions: versionsInUse(),
    scenarios: reports,
    ...(settings.known === undefined || interrupted ? {} : { knownGone: findGone(settings.known, reports) }),
    interrupted,
    exitCode: exitCodeOf(reports, interrupted),
  };
}

async function runSideBySide(scenarios: readonly Scenario[], parts: SuiteParts): Promise<readonly ScenarioRun[]> {
  const { harness, confirmTimes } = parts;
  const limit = pLimit(parts.jobs);
  const failing = new AbortController();
  const signal = AbortSignal.any([parts.settings.signal, failing.signal]);
  const settings = { ...parts.settings, signal };
  let finished = 0;
  const settled = await Promise.allSettled(
    scenarios.map(
      async (scenario) =>
        await limit(async () => {
          if (signal.aborted) return undefined;
          const run = await runScenario(scenario, confirmTimes, { settings, harness }).catch((error: unknown) => {
            failing.abort("another scenario could not be run");
            throw error;
          });
          finished += 1;
          parts.onScenario?.(run, { finished, total: scenarios.length });
          return run;
        }),
    ),
  );
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((result) =>
    result.status === "fulfilled" && result.value !== undefined ? [result.value] : [],
  );
}
