import { type HistorySink, NO_HISTORY_SINK } from "../history/history-sink.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { Client } from "../run/client.ts";
import type { Harness } from "./harness.ts";
import { runAndJudge, type RunResult } from "./judged-run.ts";

/** What is said about a simulated run besides its plan and its client. */
export type SimulationOptions = {
  readonly contract?: Partial<Contract>;
  /** `"reference"` where absent. */
  readonly target?: string;
  /** Where the history is stored besides the result; nowhere where absent. */
  readonly sink?: HistorySink;
  readonly signal?: AbortSignal;
};

/**
 * Runs a plan in virtual time and judges it, without touching the disk: what searches run thousands of times.
 *
 * Runs of one process go one after the other; more cores take more processes.
 *
 * @param client The `file:` URL of a module, or the client itself.
 * @throws HarnessError `HARNESS_SIMULATION_UNPREPARED`, `HARNESS_SIMULATION_ESCAPED`, `HARNESS_SIMULATION_STUCK`, and
 * those of every run
 */
export async function simulate(
  plan: Plan,
  client: string | Client,
  { harness, ...options }: SimulationOptions & { readonly harness: Harness },
): Promise<RunResult> {
  return await runAndJudge(
    {
      target: "reference",
      sink: NO_HISTORY_SINK,
      ...options,
      plan,
      module: client,
      backend: "simulation",
      stateDirectory: "",
    },
    harness,
  );
}
