import type { ToolExecution } from "../../history/tool-operations.ts";
import { type ForgedCall, forgedCallsOf } from "../calls-made.ts";
import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectOperations, type Operation, type OperationCall, wasInformed } from "../operations.ts";
import type { Finding } from "../verdict.ts";

/** INV-02: an effect is not had again because the model was not told that it was had. */
export const effectNotRepeated: Checker = {
  name: "effect-not-repeated",
  rule: "INV-02",
  claim: "After a broken attempt, a tool that already took effect is not run again by a model that was not told of it.",
  evidence: "The call, its effect, the create that does not tell of it, the next call and the second effect.",
  undecided: "Not exercised where no tool had an effect, and where the target plays no script.",
  source: "failures.md INV-02 (B01, B05, B18); protocol.md §6.9 (4)",
  advice:
    "Either start tools only after response.completed, or put every call that was started, with its output, into the input of the retry: the retried call has a new call_id.",
  needsScript: true,
  check(context) {
    const operations = collectOperations(context).filter(({ executions }) => executions.some(({ effect }) => effect));
    if (operations.length === 0) return notExercised("no tool had an effect");
    const findings = operations.map((operation) =>
      findingOf(operation, () => forgedCallsOf(operation, context.received)),
    );
    return worstOf(findings, `none of ${operations.length} operations took effect again uninformed`);
  },
};

// A model that repeats an action knowingly is not blamed: then the first call and its output were in what it saw.
function findingOf({ session, operation, executions, calls }: Operation, forged: () => readonly ForgedCall[]): Finding {
  const effective = executions.filter(({ effect }) => effect !== undefined);
  const uninformed = calls.find(
    ({ response }, index) =>
      index > 0 && !wasInformed(response, operation) && repeatsEffect({ effective, calls, index, forged }),
  );
  if (uninformed === undefined) return { outcome: "holds", message: "", evidence: [] };
  const again =
    effective.slice(1).find(({ started }) => started.sequence > uninformed.done.sequence) ?? effective.at(-1);
  return {
    outcome: "violated",
    message:
      `session ${session}: operation ${operation} took effect ${effective.length} times; ` +
      `the call ${uninformed.call.call_id} came from a model that had not been told of the one before`,
    evidence: evidenceOf(
      calls[0]?.done,
      effective[0]?.effect,
      uninformed.response.create,
      uninformed.done,
      again?.effect,
    ),
  };
}

// The ledger does not say for which call a tool ran. But a run that started between two calls was for the first of
// them, and where more runs took effect than there were calls from this one on, one of them was for a call before it.
// Calls that a fault delivered and no model made may each have had a run too.
function repeatsEffect(of: {
  readonly effective: readonly ToolExecution[];
  readonly calls: readonly OperationCall[];
  readonly index: number;
  readonly forged: () => readonly ForgedCall[];
}): boolean {
  const { effective, calls, index, forged } = of;
  const from = calls[index]?.done.sequence ?? Number.POSITIVE_INFINITY;
  const until = calls[index + 1]?.done.sequence ?? Number.POSITIVE_INFINITY;
  const since = effective.filter(({ started }) => started.sequence > from);
  if (since.length === 0) return false;
  const hadEffectBefore = since.length < effective.length;
  const ranForThis = since.some(({ started }) => started.sequence < until);
  const isBefore = hadEffectBefore && ranForThis;
  if (!isBefore && effective.length <= calls.length - index) return false;
  const others = forged();
  const othersSince = others.filter(({ event }) => event.sequence > from);
  return since.length > othersSince.length && (isBefore || effective.length - others.length > calls.length - index);
}
