/** One of the processes that a search runs in. It ends with its parent, whatever its client is doing. */
// First of all, because it has to come before ws is loaded.
import "../simulation/register.ts";

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import workerpool from "workerpool";

import { createHarness } from "../built-ins.ts";
import { RUN_UNIT } from "../explore/unit-pool.ts";
import { runUnit, type UnitTask } from "../explore/run-unit.ts";
import type { UnitResult } from "../explore/unit-result.ts";
import { NO_HISTORY_SINK } from "../history/history-sink.ts";
import type { Plan } from "../plan/plan.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import type { UnitSurroundings } from "./unit-surroundings.ts";

const harness = createHarness();
let runs = 0;

async function run(task: UnitTask, surroundings: UnitSurroundings): Promise<UnitResult> {
  return await runUnit(task, {
    runOne: async (plan) => await runOnePlan(plan, task, surroundings),
    checkers: harness.checkers,
    sideBySide: surroundings.sideBySide,
    onPlan: (plan) => workerpool.workerEmit({ plan }),
  });
}

async function runOnePlan(plan: Plan, { campaign }: UnitTask, surroundings: UnitSurroundings): Promise<RunResult> {
  const { backend, target, contract } = campaign.identity;
  runs += 1;
  const stateDirectory = join(surroundings.stateDirectory, `${process.pid}-${runs}`);
  mkdirSync(stateDirectory, { recursive: true });
  try {
    return await runAndJudge(
      {
        plan,
        module: surroundings.module,
        backend,
        target,
        ...(contract === undefined ? {} : { contract }),
        // What is kept of a run is its result: histories go to disk for findings alone, and those are run again.
        sink: NO_HISTORY_SINK,
        stateDirectory,
      },
      harness,
    );
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

new Worker(new URL("../run/client-host/parent-watch.js", import.meta.url), {
  workerData: { parent: process.ppid },
}).unref();

workerpool.worker({ [RUN_UNIT]: run });
