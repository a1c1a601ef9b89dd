import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectOperations, type Operation, wasInformed } from "../operations.ts";
import type { Finding } from "../verdict.ts";

/** INV-02: an effect is not had again because the model was not told that it was had. */
export const effectNotRepeated: Checker = {
  name: "effect-not-repeated",
  rule: "INV-02",
  claim: "After a broken attempt, a tool that already took effect is not run again by a model that was not told of it.",
  undecided: "Not exercised where no tool had an effect, and where the target plays no script.",
  source: "failures.md INV-02 (B01, B05, B18); protocol.md §6.9 (4)",
  advice:
    "Either start tools only after response.completed, or put every call that was started, with its output, into the input of the retry: the retried call has a new call_id.",
  check(context) {
    if (!context.isScripted) return notExercised("the target plays no script, so operations are not known");
    const operations = collectOperations(context).filter(({ executions }) => executions.some(({ effect }) => effect));
    if (operations.length === 0) return notExercised("no tool had an effect");
    return worstOf(operations.map(findingOf), `none of ${operations.length} operations took effect again uninformed`);
  },
};

// A model that repeats an action knowingly is not blamed: then the first call and its output were in what it saw.
function findingOf({ session, operation, executions, calls }: Operation): Finding {
  const effects = executions.flatMap(({ effect }) => (effect === undefined ? [] : [effect]));
  const uninformed = calls.slice(1).find(({ response }) => !wasInformed(response, operation));
  if (effects.length < 2 || uninformed === undefined) return { outcome: "holds", message: "", evidence: [] };
  return {
    outcome: "violated",
    message:
      `session ${session}: operation ${operation} took effect ${effects.length} times; ` +
      `the second call (${uninformed.call.call_id}) came from a model that had not been told of the first`,
    evidence: evidenceOf(calls[0]?.done, effects[0], uninformed.response.create, uninformed.done, effects[1]),
  };
}
