import { checkHistory } from "../check/check-history.ts";
import { type FaultState, faultStates } from "../check/fault-states.ts";
import type { Verdict } from "../check/verdict.ts";
import { digestOfHistory } from "../history/digest.ts";
import type { HistorySink } from "../history/history-sink.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { Client } from "../run/client.ts";
import { runPlan, type RunRecord } from "../run/run-plan.ts";
import { type Harness, pluginNamed, targetNamed } from "./harness.ts";

/** What is to be run, by names. */
export type RunRequest = {
  readonly plan: Plan;
  /** `file:` URL of the client's module; in the simulation also the client itself. */
  readonly module: string | Client;
  readonly backend: string;
  /** The name of a target, or a URL: `"ws://127.0.0.1:8080/v1"`. */
  readonly target: string;
  readonly contract?: Partial<Contract>;
  readonly sink: HistorySink;
  readonly stateDirectory: string;
  readonly signal?: AbortSignal;
};

/** A run with its judgement. */
export type RunResult = {
  readonly record: RunRecord;
  readonly verdicts: readonly Verdict[];
  readonly faults: readonly FaultState[];
  /** What `digestOfHistory` says, where the backend's runs can be had again to the last event. */
  readonly digest?: string;
};

/**
 * Runs a plan and judges what was recorded.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`, `HARNESS_INVALID_OPTION` and those of the run
 */
export async function runAndJudge(request: RunRequest, harness: Harness): Promise<RunResult> {
  const { plan, module: client, ...rest } = request;
  const backend = pluginNamed("backend", request.backend, harness.backends);
  const record = await runPlan(plan, {
    ...rest,
    client,
    clock: harness.clock,
    appliers: harness.appliers,
    backend,
    target: targetNamed(request.target, harness),
  });
  const { contract, history } = record;
  return {
    record,
    verdicts: checkHistory({ plan, contract, history }, harness.checkers),
    faults: faultStates(plan, history),
    ...(backend.isRepeatable === true ? { digest: digestOfHistory(history) } : {}),
  };
}
