import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectOperations, type Operation } from "../operations.ts";
import type { Finding } from "../verdict.ts";

/** INV-01: a call that the model made once has its effect at most once, whatever is repeated on the wire. */
export const callRunsOnce: Checker = {
  name: "call-runs-once",
  rule: "INV-01",
  claim: "A tool call has its effect at most once, however often the call is delivered, replayed or resumed.",
  undecided: "Not exercised where no tool had an effect, and where the target plays no script.",
  source: "failures.md INV-01 (B04, B16, B75); protocol.md §6.9 (1, 3)",
  advice: "Remember finished calls by call_id over reconnects, and answer a call seen again from what is remembered.",
  check(context) {
    if (!context.isScripted) return notExercised("the target plays no script, so operations are not known");
    const operations = collectOperations(context).filter(({ executions }) => effectsOf(executions).length > 0);
    if (operations.length === 0) return notExercised("no tool had an effect");
    return worstOf(
      operations.map(findingOf),
      `each of ${operations.length} operations ran no more often than it was called`,
    );
  },
};

function effectsOf(executions: Operation["executions"]): Operation["executions"] {
  return executions.filter(({ effect }) => effect !== undefined);
}

// The ledger cannot know which call_id a client had in mind. But where an operation took effect more often than it
// was called under different ids, some call took effect twice.
function findingOf({ session, operation, executions, calls }: Operation): Finding {
  const effects = effectsOf(executions);
  if (effects.length <= calls.length) return { outcome: "holds", message: "", evidence: [] };
  const times = calls.length === 1 ? "once" : `${calls.length} times`;
  return {
    outcome: "violated",
    message: `session ${session}: operation ${operation} was called for ${times} and took effect ${effects.length} times`,
    evidence: evidenceOf(...calls.map(({ done }) => done), ...effects.map(({ effect }) => effect)),
  };
}
