import { digestOfText, stableJson } from "../determinism/stable-json.ts";
import type { FunctionCallItem, MessageItem, ReasoningItem } from "../protocol/items.ts";
import { DEFAULT_TOOL_NAME, type ModelStep, type ScriptedCall } from "../protocol/model-script.ts";
import type { Identities } from "./identities.ts";

/** A message of the model, always with its id and one part of text. */
export type OutputMessage = MessageItem & {
  readonly id: string;
  readonly content: readonly [{ readonly text: string }];
};

/** A call of the model, always with its id. */
export type OutputCall = FunctionCallItem & { readonly id: string };

/** A thought of the model, always with its id. */
export type OutputReasoning = ReasoningItem & { readonly id: string };

/** An item as it stands when it is done. */
export type OutputItem = OutputReasoning | OutputMessage | OutputCall;

/**
 * The finished output items of a step, in the order of their `output_index`: reasoning, text, calls.
 *
 * Each call gets a `call_id` of its own, so an operation that is asked for again comes under a new one. Its arguments
 * are stable JSON with the operation's key in them: `{"operation":"t0-book","seat":"12A"}`.
 */
export function outputOfStep(
  step: ModelStep,
  identities: Identities,
  options: { readonly wantsEncryptedReasoning: boolean },
): readonly OutputItem[] {
  const output: OutputItem[] = [];
  if (step.reasoning !== undefined) output.push(reasoningItem(step.reasoning, identities.next("rs"), options));
  if (step.text !== undefined) output.push(messageItem(step.text, identities.next("msg")));
  for (const call of step.calls ?? []) output.push(callItem(call, identities));
  return output;
}

function reasoningItem(text: string, id: string, options: { wantsEncryptedReasoning: boolean }): OutputReasoning {
  return {
    id,
    type: "reasoning",
    summary: [{ type: "summary_text", text }],
    ...(options.wantsEncryptedReasoning ? { encrypted_content: digestOfText(`done/${id}/${text}`) } : {}),
  };
}

function messageItem(text: string, id: string): OutputMessage {
  return {
    id,
    type: "message",
    status: "completed",
    role: "assistant",
    content: [textPart(text)],
  };
}

/** The part of a message that holds text, as the service prints it. */
export function textPart(text: string): { type: "output_text"; text: string; annotations: []; logprobs: [] } {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function callItem(call: ScriptedCall, identities: Identities): OutputCall {
  return {
    id: identities.next("fc"),
    type: "function_call",
    status: "completed",
    arguments: stableJson({ ...call.arguments, operation: call.operation }),
    call_id: identities.next("call"),
    name: call.name ?? DEFAULT_TOOL_NAME,
  };
}

/**
 * Cuts a text into at most `count` pieces of nearly equal size; no surrogate pair is cut, and no piece is empty.
 *
 * @example cutText("abcdef", 4) // ["a", "bc", "d", "ef"]
 */
export function cutText(text: string, count: number): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let piece = 1; piece <= count; piece += 1) {
    let end = Math.floor((piece * text.length) / count);
    if (isInsidePair(text, end)) end += 1;
    if (end > start) pieces.push(text.slice(start, end));
    start = Math.max(start, end);
  }
  return pieces;
}

function isInsidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const behind = text.charCodeAt(index);
  return before >= 0xd800 && before <= 0xdbff && behind >= 0xdc00 && behind <= 0xdfff;
}
