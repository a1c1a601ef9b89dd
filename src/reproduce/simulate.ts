import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type HistorySink, NO_HISTORY_SINK } from "../history/history-sink.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { Client } from "../run/client.ts";
import type { Harness } from "./harness.ts";
import { runAndJudge, type RunResult } from "./judged-run.ts";

/** What is said about a simulated run besides its plan and its client. */
export type SimulationOptions = {
  readonly harness: Harness;
  readonly contract?: Partial<Contract>;
  /** `"reference"` where absent. */
  readonly target?: string;
  /** Another backend of virtual time; `"simulation"` where absent. */
  readonly backend?: string;
  /** Where the history is stored besides the result; nowhere where absent. */
  readonly sink?: HistorySink;
  readonly signal?: AbortSignal;
};

let runs = 0;

/**
 * Runs a plan in virtual time and judges it, without touching the disk: what searches run thousands of times.
 *
 * Runs of one process go one after the other; more cores take more processes. A client that keeps files in its state
 * directory gets an empty one, which is removed at the end.
 *
 * @param client The `file:` URL of a module, or the client itself.
 * @throws HarnessError `HARNESS_SIMULATION_UNPREPARED`, `HARNESS_SIMULATION_ESCAPED`, `HARNESS_SIMULATION_STUCK`, and
 * those of every run
 */
export async function simulate(
  plan: Plan,
  client: string | Client,
  { harness, ...options }: SimulationOptions,
): Promise<RunResult> {
  runs += 1;
  // Of one length, so that not even a client that says where it is differs from one run to the next.
  const stateDirectory = join(tmpdir(), `cutwire-${process.pid}-${String(runs).padStart(9, "0")}`);
  try {
    const defaults = { target: "reference", backend: "simulation", sink: NO_HISTORY_SINK };
    return await runAndJudge({ ...defaults, ...options, plan, module: client, stateDirectory }, harness);
  } finally {
    if (existsSync(stateDirectory)) rmSync(stateDirectory, { recursive: true, force: true });
  }
}
