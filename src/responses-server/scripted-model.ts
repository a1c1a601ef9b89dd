import {
  type Item,
  isFunctionCall,
  isFunctionCallOutput,
  isMessage,
  messageText,
  type FunctionCallItem,
} from "../protocol/items.ts";
import { parseJsonObject, textMember } from "../protocol/json.ts";
import type { ModelStep, ScriptedTurn, SessionScript } from "../protocol/model-script.ts";

/** What the model says when no turn of the script fits what the user said. */
export const NO_TURN_TEXT = "no turn of the script matches";

/**
 * The scripted model: what it says next is a pure function of the effective input (DESIGN §3).
 *
 * It finds the turn of the last user message that it knows, and looks only at what follows that message. An operation
 * is answered when a call with its key and an output with the same `call_id` stand there. It answers the first step
 * with an unanswered operation, with exactly the calls that are still to be made; when all are answered, the last step.
 * So a client that forgets a finished call is asked for it again, under a new `call_id`, and one that resends its whole
 * history is not.
 */
export function nextStep(script: SessionScript, effectiveInput: readonly Item[]): ModelStep {
  const place = findTurn(script, effectiveInput);
  if (place === undefined) return { text: NO_TURN_TEXT };
  const answered = answeredOperations(effectiveInput.slice(place.index + 1));
  for (const step of place.turn.script.steps) {
    const open = (step.calls ?? []).filter(({ operation }) => !answered.has(operation));
    if (open.length > 0) return { ...step, calls: open };
  }
  return place.turn.script.steps.at(-1) ?? { text: NO_TURN_TEXT };
}

function findTurn(
  script: SessionScript,
  effectiveInput: readonly Item[],
): { turn: ScriptedTurn; index: number } | undefined {
  for (let index = effectiveInput.length - 1; index >= 0; index -= 1) {
    const item = effectiveInput[index];
    if (item === undefined || !isMessage(item) || item.role !== "user") continue;
    const turn = longestMatch(script, messageText(item));
    if (turn !== undefined) return { turn, index };
  }
  return undefined;
}

function longestMatch(script: SessionScript, text: string): ScriptedTurn | undefined {
  let best: ScriptedTurn | undefined;
  for (const turn of script.turns) {
    if (!text.includes(turn.userText)) continue;
    if (best === undefined || turn.userText.length > best.userText.length) best = turn;
  }
  return best;
}

function answeredOperations(items: readonly Item[]): ReadonlySet<string> {
  const outputs = new Set<string>();
  for (const item of items) {
    if (isFunctionCallOutput(item)) outputs.add(item.call_id);
  }
  const answered = new Set<string>();
  for (const item of items) {
    if (!isFunctionCall(item) || !outputs.has(item.call_id)) continue;
    const operation = operationOf(item);
    if (operation !== undefined) answered.add(operation);
  }
  return answered;
}

function operationOf(call: FunctionCallItem): string | undefined {
  const parsed = parseJsonObject(call.arguments);
  return parsed === undefined ? undefined : textMember(parsed, "operation");
}
