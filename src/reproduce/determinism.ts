import { HarnessError } from "../errors.ts";
import { digestOfHistory, firstDifference, type HistoryDifference } from "../history/digest.ts";
import type { Plan } from "../plan/plan.ts";
import type { Client } from "../run/client.ts";
import { pluginNamed } from "./harness.ts";
import { simulate, type SimulationOptions } from "./simulate.ts";

/** What two runs of one plan came to. */
export type DeterminismCheck = {
  /** Of the first run, as 64 hexadecimal digits. */
  readonly digest: string;
  /** Where the second run parted from the first; absent where both have the same digest. */
  readonly difference?: HistoryDifference;
};

/**
 * Runs a plan twice and compares what happened, event by event.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` for a backend on which no two runs are the same
 */
export async function checkDeterminism(
  plan: Plan,
  client: string | Client,
  options: Omit<SimulationOptions, "sink"> & { readonly backend: string },
): Promise<DeterminismCheck> {
  const { harness, backend } = options;
  if (pluginNamed("backend", backend, harness.backends).isRepeatable !== true) {
    const repeatable = [...harness.backends.values()].filter(({ isRepeatable }) => isRepeatable === true);
    const choice = repeatable.map(({ name }) => `--backend ${name}`).join(" or ");
    throw new HarnessError(
      "HARNESS_INVALID_OPTION",
      `On the backend "${backend}" no two runs are the same to the last event. Add ${choice}.`,
      { details: { backend } },
    );
  }
  const first = await simulate(plan, client, options);
  const second = await simulate(plan, client, options);
  const difference = firstDifference(first.record.history, second.record.history);
  const digest = first.digest ?? digestOfHistory(first.record.history);
  return difference === undefined ? { digest } : { digest, difference };
}
