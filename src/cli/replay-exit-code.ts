import { HarnessError } from "../errors.ts";
import type { ReplayOutcome } from "../reproduce/replay.ts";

/** What whoever replays hopes to see: the failure gone, or the failure still there. */
export type ReplayExpectation = "fixed" | "reproduced";

/** `git bisect run` leaves out a commit whose command ends with this code: it cannot be told good from bad. */
export const EXIT_BISECT_SKIP = 125;

/**
 * Reads the value of `--expect`.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` for any other word
 */
export function readExpectation(given: string | undefined): ReplayExpectation {
  if (given === undefined || given === "fixed") return "fixed";
  if (given === "reproduced") return given;
  throw new HarnessError("HARNESS_INVALID_OPTION", `--expect ${given}: "fixed" or "reproduced" is expected.`, {
    details: { option: "expect", value: given },
  });
}

/**
 * The exit code of a replay that ran (DESIGN §3): 0 as hoped for, 1 not, 2 undecided.
 *
 * Another failure than that of the file is never what was hoped for.
 */
export function replayExitCode(outcome: ReplayOutcome["outcome"], expectation: ReplayExpectation): number {
  if (outcome === "undecided") return 2;
  return outcome === expectation ? 0 : 1;
}
