import { type Item, isFunctionCall, isFunctionCallOutput } from "../protocol/items.ts";
import { invalidRequest, type WireError } from "./wire-error.ts";

/**
 * Checks that calls and outputs of an effective input belong together (protocol.md §3.7, INV-04).
 *
 * Every output needs its call before it, every call exactly one output behind it, and an item id stands once. A
 * `call_id` may come again once its call is answered, because clients were seen to reuse ids in later turns. The
 * messages are those of the service, word for word.
 */
export function pairingProblem(items: readonly Item[]): WireError | undefined {
  const openCalls = new Map<string, number>();
  const answered = new Set<string>();
  const itemIds = new Set<string>();
  for (const item of items) {
    const problem = duplicateId(item, itemIds) ?? pairItem(item, openCalls, answered);
    if (problem !== undefined) return problem;
  }
  for (const [callId, count] of openCalls) {
    if (count > 0) return inputProblem(`No tool output found for function call ${callId}.`);
  }
  return undefined;
}

function pairItem(item: Item, openCalls: Map<string, number>, answered: Set<string>): WireError | undefined {
  if (isFunctionCall(item)) {
    openCalls.set(item.call_id, (openCalls.get(item.call_id) ?? 0) + 1);
    return undefined;
  }
  if (!isFunctionCallOutput(item)) return undefined;
  const count = openCalls.get(item.call_id) ?? 0;
  if (count > 0) {
    openCalls.set(item.call_id, count - 1);
    answered.add(item.call_id);
    return undefined;
  }
  if (answered.has(item.call_id)) return inputProblem(`Duplicate function_call_output for call_id ${item.call_id}.`);
  return inputProblem(`No tool call found for function call output with call_id ${item.call_id}.`);
}

function duplicateId(item: Item, seen: Set<string>): WireError | undefined {
  if (!("id" in item) || typeof item.id !== "string") return undefined;
  if (seen.has(item.id)) return inputProblem(`Duplicate item found with id ${item.id}.`);
  seen.add(item.id);
  return undefined;
}

function inputProblem(message: string): WireError {
  return invalidRequest(message, { param: "input" });
}
