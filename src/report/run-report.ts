import type { FaultState } from "../check/fault-states.ts";
import type { Verdict } from "../check/verdict.ts";

/** What a rule came to in a scenario, against what was expected. */
export type JudgedVerdict = Verdict & {
  readonly expected: "holds" | "violated" | "unknown";
  /**
   * - `as-expected`: also where it was not exercised, and nothing else was expected.
   * - `unexpected-violation`: violated, though it should hold.
   * - `missing-violation`: expected to be violated, and now it holds: fixed, or no longer provoked.
   * - `known-violation`: violated, and written down as known: it is told, and fails nothing.
   * - `undecided`: neither.
   */
  readonly judgement: "as-expected" | "unexpected-violation" | "missing-violation" | "known-violation" | "undecided";
  /** In how many of how many runs it was violated, where it was run again to confirm it. */
  readonly repeated?: { readonly violatedRuns: number; readonly runs: number };
  /** The events of `evidence` in words, one line each; only where it was violated. */
  readonly witness?: readonly string[];
  /** The shape of the witness, which stays the same from run to run; only where it was violated. */
  readonly shape?: readonly string[];
  /** The known finding that it is. */
  readonly known?: KnownFinding;
};

/**
 * A defect that is known, so that it need not fail the suite: a rule, with the scenario that shows it, the shape of its
 * witness, or both.
 */
export type KnownFinding = {
  readonly rule: string;
  readonly scenario?: string;
  /** The `shape` that a report tells of a violation. */
  readonly witness?: readonly string[];
  readonly why?: string;
  /** Where it is written down. */
  readonly issue?: string;
};

/** One scenario, or plan, of a run. */
export type ScenarioReport = {
  readonly name: string;
  readonly why: string;
  /**
   * `not-exercised`: nothing was violated, and what the scenario is about could not come to pass with this client, or with
   * this target. It is no survival, it is counted apart, and a suite in which nothing else ran has proved nothing.
   */
  readonly outcome: "as-expected" | "violated" | "undecided" | "not-exercised";
  /** Why it is `not-exercised`, for example `"not for this client: it had 3 chances to …, and took none"`. */
  readonly notExercised?: string;
  readonly verdicts: readonly JudgedVerdict[];
  readonly faults: readonly FaultState[];
  /** How often it was run; 0 where it was clear before that it cannot be exercised. */
  readonly runs: number;
  readonly durationMs: number;
  /** The folder with plan, history and state. */
  readonly directory: string;
  /** The command that has the violation again; only where there is one. */
  readonly replayCommand?: string;
};

/** The outcomes of a scenario as a person reads them. */
export const OUTCOME_WORDS: Readonly<Record<ScenarioReport["outcome"], string>> = {
  "as-expected": "as expected",
  violated: "violated",
  undecided: "undecided",
  "not-exercised": "not exercised",
};

/** What a command ran, as it is stored and as every reporter reads it. */
export type RunReport = {
  readonly formatVersion: 1;
  readonly client: string;
  readonly backend: string;
  readonly target: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioReport[];
  /** Known findings that were not seen again; absent where none were given. */
  readonly knownGone?: readonly KnownFinding[];
  readonly interrupted: boolean;
  /** What the command exits with: 0 as expected, 1 violated, 2 undecided, or nothing ran or was exercised, 130 interrupted. */
  readonly exitCode: 0 | 1 | 2 | 130;
};

/** The code that a command exits with over its scenarios (DESIGN §3). */
export function exitCodeOf(scenarios: readonly ScenarioReport[], interrupted: boolean): RunReport["exitCode"] {
  if (interrupted) return 130;
  if (scenarios.some(({ outcome }) => outcome === "violated")) return 1;
  const hasProved = scenarios.some(({ outcome }) => outcome !== "not-exercised");
  return !hasProved || scenarios.some(({ outcome }) => outcome === "undecided") ? 2 : 0;
}
