import type { ObservedCreate } from "../history/creates.ts";
import type { HistoryEvent } from "../history/event.ts";
import type { HistoryOrder } from "../history/order.ts";
import type { ReceivedMessage } from "../history/passages.ts";
import type { ObservedResponse } from "../history/responses.ts";
import type { ToolExecution } from "../history/tool-operations.ts";
import type { ObservedTurn } from "../history/turns.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { Finding } from "./verdict.ts";

/** What a checker sees: the plan, the promise, and the record. It never sees the run. */
export type CheckContext = {
  readonly plan: Plan;
  readonly contract: Contract;
  readonly history: readonly HistoryEvent[];
  /** Views of the history, put together once for all checkers. */
  readonly turns: readonly ObservedTurn[];
  readonly responses: readonly ObservedResponse[];
  readonly executions: readonly ToolExecution[];
  /** What the client asked for, refused or not. */
  readonly creates: readonly ObservedCreate[];
  /** What the clients received, with the bodies that they read. */
  readonly received: readonly ReceivedMessage[];
  /** What happened before what. */
  readonly order: HistoryOrder;
};

/**
 * Judges one rule. Pure: the same context gives the same finding.
 *
 * A checker that throws is a bug of ours; the engine turns that into `unknown` and says so.
 */
export type Checker = {
  /** Its own name, lower case words joined by hyphens: `"lost-result"`. */
  readonly name: string;
  readonly rule: string;
  /** The promise in one sentence, as a user would put it. */
  readonly claim: string;
  /** Which events a violation is shown by, in the order in which they happen. */
  readonly evidence: string;
  /** When it cannot decide, and when it has nothing to judge. */
  readonly undecided: string;
  /** Where the rule comes from. */
  readonly source: string;
  /** What to look at when it is violated, in one sentence. */
  readonly advice: string;
  /**
   * Whether it takes the arguments of calls for operations of the plan's script. Against a target that brings its own
   * model it is then not asked, and the rule is *not exercised*; false where absent.
   */
  readonly needsScript?: boolean;
  check(context: CheckContext): Finding;
};

/** The finding of a rule that had nothing to judge. */
export function notExercised(message: string): Finding {
  return { outcome: "not-exercised", message, evidence: [] };
}

/**
 * The finding over all that a rule looked at: the first violation, else the first thing undecided, else that it holds.
 *
 * One violation is shown, the one with the fewest events, because a reader follows one story.
 */
export function worstOf(findings: readonly Finding[], holds: string): Finding {
  const smallest = (outcome: Finding["outcome"]): Finding | undefined =>
    findings
      .filter((finding) => finding.outcome === outcome)
      .toSorted((left, right) => left.evidence.length - right.evidence.length)[0];
  return smallest("violated") ?? smallest("unknown") ?? { outcome: "holds", message: holds, evidence: [] };
}

/** Sequence numbers in order, each once, without those that are absent. */
export function evidenceOf(...events: readonly ({ readonly sequence: number } | undefined)[]): readonly number[] {
  const numbers = events.flatMap((event) => (event === undefined ? [] : [event.sequence]));
  return [...new Set(numbers)].toSorted((left, right) => left - right);
}
