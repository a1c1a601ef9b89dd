import { messageOf } from "../errors.ts";
import { collectCreates } from "../history/creates.ts";
import type { HistoryEvent } from "../history/event.ts";
import { orderHistory } from "../history/order.ts";
import { collectReceived } from "../history/passages.ts";
import { collectResponses } from "../history/responses.ts";
import { collectToolExecutions } from "../history/tool-operations.ts";
import { collectTurns } from "../history/turns.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import { type CheckContext, type Checker, notExercised } from "./checker.ts";
import { faultStates } from "./fault-states.ts";
import type { Finding, Verdict } from "./verdict.ts";

/** What is judged: a plan, the promise of the client, and what was recorded. */
export type CheckInput = {
  readonly plan: Plan;
  readonly contract: Contract;
  readonly history: readonly HistoryEvent[];
};

/**
 * Judges a history by every checker given, in their order.
 *
 * A named plan says what is to be tested: where one of its faults did not fire, whatever *holds* becomes *unknown*.
 * `violated` stays violated, because a client that breaks a promise without the fault breaks it all the more. A run that
 * was interrupted, or ended by a limit of its plan, is doubted in the same way: the rest of it might have shown more.
 */
export function checkHistory(input: CheckInput, checkers: readonly Checker[]): readonly Verdict[] {
  const context = contextOf(input);
  const unscripted = unscriptedTargetOf(input.history);
  const unfired = faultStates(input.plan, input.history).filter(({ state }) => state !== "fired");
  const cutsShort = input.history.flatMap(whatCutsShort);
  return checkers.map((checker) => {
    const finding =
      checker.needsScript === true && unscripted !== undefined
        ? notExercised(`the target ${unscripted} brings its own model, and this rule needs the plan's script`)
        : findingOf(checker, context);
    const doubts = [
      ...unfired.map(({ id, state, why }) => `fault ${id} ${state}: ${why ?? "no reason given"}`),
      ...cutsShort,
    ];
    return verdictOf(checker, doubts.length === 0 ? finding : doubted(finding, doubts));
  });
}

/** The views of a history, put together once. */
export function contextOf(input: CheckInput): CheckContext {
  const responses = collectResponses(input.history);
  const received = collectReceived(input.history);
  return {
    ...input,
    turns: collectTurns(input.history),
    responses,
    executions: collectToolExecutions(input.history),
    creates: collectCreates(input.history, { responses, received }),
    received,
    order: orderHistory(input.history),
  };
}

/**
 * The rules that the target of a run leaves no way to judge: those that need the plan's script, where the target brings
 * its own model. Whatever a scenario expects of them is not expected of such a run.
 */
export function rulesWithoutScript(
  history: readonly HistoryEvent[],
  checkers: readonly Checker[],
): ReadonlySet<string> {
  if (unscriptedTargetOf(history) === undefined) return new Set();
  return new Set(checkers.filter(({ needsScript }) => needsScript === true).map(({ rule }) => rule));
}

/** The name of a target that does not play the plan's script. */
function unscriptedTargetOf(history: readonly HistoryEvent[]): string | undefined {
  const started = history.find((event) => event.kind === "run-started");
  return started === undefined || started.scripted ? undefined : started.target;
}

function whatCutsShort(event: HistoryEvent): readonly string[] {
  if (event.kind === "interrupted") return ["the run was interrupted"];
  return event.kind === "limit-reached" ? [`the run reached its limit ${event.limit} (${event.value})`] : [];
}

function findingOf(checker: Checker, context: CheckContext): Finding {
  try {
    return checker.check(context);
  } catch (error) {
    return { outcome: "unknown", message: `the checker itself failed: ${messageOf(error)}`, evidence: [] };
  }
}

function doubted(finding: Finding, doubts: readonly string[]): Finding {
  if (finding.outcome !== "holds") return finding;
  return {
    outcome: "unknown",
    message: `nothing wrong was seen, but ${doubts.join("; ")}`,
    evidence: finding.evidence,
  };
}

function verdictOf({ name, rule, advice }: Checker, { outcome, message, evidence }: Finding): Verdict {
  return { checker: name, rule, outcome, message, advice, evidence };
}
