import { mkdtempSync } from "node:fs";
import { join } from "node:path";

import { checkHistory } from "../check/check-history.ts";
import type { Verdict } from "../check/verdict.ts";
import type { HistoryEvent } from "../history/event.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { ClientReference } from "../plan/scenario.ts";
import { clientModuleOf } from "../reproduce/client-module.ts";
import { type FaultMould, mouldsFor } from "../generate/fault-mould.ts";
import { type Harness, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import { unsupportedFaults } from "../run/unsupported-faults.ts";
import type { AgentPromise } from "./promise.ts";
import { hasFired } from "./tally.ts";

/** With what generated plans are run. */
export type GeneratedRunOptions = {
  readonly harness: Harness;
  readonly client: ClientReference;
  /** Takes the place of what the client says that it promises. */
  readonly contract?: Partial<Contract>;
  /** `"embedded"` where absent. */
  readonly backend?: string;
  /** `"reference"` where absent. */
  readonly target?: string;
  /** Aborted when the runs have to end now. */
  readonly signal?: AbortSignal;
  /** Which violations are known already and break no promise; none where absent. */
  readonly isKnown?: (verdict: Verdict, history: readonly HistoryEvent[]) => boolean;
};

/**
 * Runs a generated plan and judges it by the faults that fired: it was not written to show one thing, so what is left of
 * it is a plan like any other.
 *
 * @param stateRoot Every run gets a folder of its own in it, because a client that found the state of another run would
 * go on with that session.
 */
export async function runGenerated(plan: Plan, stateRoot: string, options: GeneratedRunOptions): Promise<RunResult> {
  const { harness, contract: stated, signal } = options;
  const result = await runAndJudge(
    {
      plan,
      module: clientModuleOf(options.client, harness),
      backend: options.backend ?? "embedded",
      target: options.target ?? "reference",
      ...(stated === undefined ? {} : { contract: stated }),
      sink: createMemoryHistorySink(),
      stateDirectory: mkdtempSync(join(stateRoot, "run-")),
      ...(signal === undefined ? {} : { signal }),
    },
    harness,
  );
  const fired = firedPlan(result);
  const { contract, history } = result.record;
  return { ...result, verdicts: checkHistory({ plan: fired, contract, history }, harness.checkers) };
}

/** What can go wrong in generated plans where they are run. */
export function mouldsOf({
  harness,
  backend = "embedded",
  target = "reference",
}: GeneratedRunOptions): readonly FaultMould[] {
  const place = { backend: pluginNamed("backend", backend, harness.backends), target: targetNamed(target, harness) };
  return mouldsFor((scheduled) => unsupportedFaults([scheduled], place).length === 0);
}

/** The plan of a run without the faults that did not fire. */
function firedPlan({ record, faults }: RunResult): Plan {
  const fired = new Set(faults.filter(({ state }) => state === "fired").map(({ id }) => id));
  return { ...record.plan, faults: record.plan.faults.filter(({ id }) => fired.has(id)) };
}

/** How a run broke a promise: the rules of it that were violated and are not known to be. */
export function ownViolations(
  { rules }: AgentPromise,
  result: RunResult,
  { isKnown }: GeneratedRunOptions,
): readonly Verdict[] {
  if (!hasFired(result)) return [];
  return result.verdicts.filter(
    (verdict) =>
      verdict.outcome === "violated" &&
      rules.includes(verdict.rule) &&
      isKnown?.(verdict, result.record.history) !== true,
  );
}
