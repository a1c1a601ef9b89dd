import { operationOfArguments } from "../../history/tool-operations.ts";
import { injectedCalls } from "../calls-made.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectOperations, type Operation } from "../operations.ts";
import type { Finding } from "../verdict.ts";

/** INV-01: a call that the model made once has its effect at most once, whatever is repeated on the wire. */
export const callRunsOnce: Checker = {
  name: "call-runs-once",
  rule: "INV-01",
  claim: "A tool call has its effect at most once, however often the call is delivered, replayed or resumed.",
  evidence: "The calls as they left the server, and each effect.",
  undecided: "Not exercised where no tool had an effect, and where the target plays no script.",
  source: "failures.md INV-01 (B04, B16, B75); protocol.md §6.9 (1, 3)",
  advice: "Remember finished calls by call_id over reconnects, and answer a call seen again from what is remembered.",
  needsScript: true,
  check(context) {
    const operations = collectOperations(context).filter(({ executions }) => effectsOf(executions).length > 0);
    if (operations.length === 0) return notExercised("no tool had an effect");
    const forged = forgedCalls(context);
    return worstOf(
      operations.map((operation) => findingOf(operation, forged)),
      `each of ${operations.length} operations ran no more often than it was called`,
    );
  },
};

function effectsOf(executions: Operation["executions"]): Operation["executions"] {
  return executions.filter(({ effect }) => effect !== undefined);
}

/**
 * Calls with arguments of their own that a fault delivered under a known id, by session and operation: to a client each
 * of them is a call (failures.md INV-09).
 */
function forgedCalls({ received }: CheckContext): ReadonlyMap<string, ReadonlySet<string>> {
  const forged = new Map<string, Set<string>>();
  for (const { event, call } of injectedCalls(received)) {
    const key = `${event.session ?? "?"}/${operationOfArguments(call.arguments) ?? ""}`;
    const known = forged.get(key) ?? new Set();
    forged.set(key, known.add(`${call.call_id}/${call.arguments}`));
  }
  return forged;
}

// The ledger cannot know which call_id a client had in mind. But where an operation took effect more often than it
// was called under different ids, some call took effect twice.
function findingOf(
  { session, operation, executions, calls }: Operation,
  forged: ReadonlyMap<string, ReadonlySet<string>>,
): Finding {
  const effects = effectsOf(executions);
  const distinct = new Set(forged.get(`${session}/${operation}`));
  for (const { call } of calls) distinct.add(`${call.call_id}/${call.arguments}`);
  if (effects.length <= distinct.size) return { outcome: "holds", message: "", evidence: [] };
  const times = distinct.size === 1 ? "once" : `${distinct.size} times`;
  return {
    outcome: "violated",
    message: `session ${session}: operation ${operation} was called for ${times} and took effect ${effects.length} times`,
    evidence: evidenceOf(...calls.map(({ done }) => done), ...effects.map(({ effect }) => effect)),
  };
}
