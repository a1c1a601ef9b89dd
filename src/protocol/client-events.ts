import { isFunctionCallOutput, type Item, itemsOfInput } from "./items.ts";
import type { JsonObject, JsonSchema } from "./json.ts";

/** A tool as a create offers it: `{"type":"function","name":"w","parameters":{…},"strict":true}`. */
export type ToolDefinition = {
  readonly type: "function";
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonSchema;
  readonly strict?: boolean;
};

/**
 * Asks for a response (protocol.md §2.1): the body of `POST /v1/responses` with a type, flat.
 *
 * With `previous_response_id`, `input` holds the new items alone; `store` is true where it is absent; `generate: false`
 * is a warm-up; an absent `stream_id` is the default lane.
 */
export type ResponseCreate = {
  readonly type: "response.create";
  readonly model: string;
  readonly input: string | readonly Item[];
  readonly previous_response_id?: string | null;
  readonly store?: boolean;
  readonly instructions?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly parallel_tool_calls?: boolean;
  readonly include?: readonly string[];
  readonly metadata?: { readonly [key: string]: string };
  readonly stream_id?: string;
  readonly generate?: boolean;
};

/**
 * Whether a create goes on after tools: its newest input item is a tool output (protocol point P10, otherwise P2).
 *
 * The newest item decides, because a full replay carries the outputs of earlier turns before a new user message.
 */
export function continuesAfterTools(create: JsonObject): boolean {
  const newest = itemsOfInput(create["input"]).at(-1);
  return newest !== undefined && isFunctionCallOutput(newest);
}
