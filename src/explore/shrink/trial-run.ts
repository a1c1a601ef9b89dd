import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

import { sleep } from "../../determinism/waiting.ts";
import { createMemoryHistorySink } from "../../history/history-sink.ts";
import type { Plan } from "../../plan/plan.ts";
import { clientModuleOf } from "../../reproduce/client-module.ts";
import type { Harness } from "../../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../../reproduce/judged-run.ts";
import type { ReplaySettings } from "../../reproduce/replay.ts";

/** With what trial runs are made. */
export type TrialSettings = ReplaySettings & {
  readonly harness: Harness;
  /** A folder that is there, for what clients keep while they run. */
  readonly stateRoot: string;
  readonly signal?: AbortSignal;
};

/** Runs a plan of which nothing is kept but what it came to. */
export async function tryPlan(plan: Plan, settings: TrialSettings): Promise<RunResult> {
  const { harness, stateRoot, client, backend, target, contract, signal } = settings;
  // Virtual time goes by without a pause, and whoever wants to end the search would never be heard.
  await sleep(harness.clock, 0, signal);
  const stateDirectory = mkdtempSync(join(stateRoot, "run-"));
  try {
    return await runAndJudge(
      {
        plan,
        module: clientModuleOf(client, harness),
        backend,
        target,
        ...(contract === undefined ? {} : { contract }),
        sink: createMemoryHistorySink(),
        stateDirectory,
        ...(signal === undefined ? {} : { signal }),
      },
      harness,
    );
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}
