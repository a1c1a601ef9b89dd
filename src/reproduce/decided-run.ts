import type { RunResult } from "./judged-run.ts";

/** How late the harness may be, in ms, before a busy machine may be why something stayed undecided. */
const BUSY_MS = 100;

/** A run, and which of the attempts it was, from 0. */
export type DecidedRun = { readonly result: RunResult; readonly attempt: number };

/**
 * Runs again where a busy machine left something undecided, until a run is decided or the attempts are used up.
 *
 * What stays undecided in each run is undecided: then the first one is told.
 *
 * @param run Makes the run with this number, from 0.
 * @param times How many runs may come after the first; 0 or more.
 */
export async function runUntilDecided(
  times: number,
  run: (attempt: number) => Promise<RunResult>,
): Promise<DecidedRun> {
  const first = await run(0);
  let result = first;
  for (let attempt = 1; attempt <= times && isUndecidedByLoad(result); attempt += 1) {
    result = await run(attempt);
    if (result.record.interrupted) break;
    if (!isUndecided(result)) return { result, attempt };
  }
  return { result: first, attempt: 0 };
}

function isUndecidedByLoad(result: RunResult): boolean {
  const { record } = result;
  const isBusy = record.history.some((event) => event.kind === "event-loop-delay" && event.maxMs > BUSY_MS);
  return isBusy && !record.interrupted && isUndecided(result);
}

/** Nothing was violated, and a rule or a fault did not come to anything. */
function isUndecided({ verdicts, faults }: RunResult): boolean {
  const outcomes = verdicts.map(({ outcome }) => outcome);
  if (outcomes.includes("violated")) return false;
  return outcomes.includes("unknown") || faults.some(({ state }) => state !== "fired");
}
