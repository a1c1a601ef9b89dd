import type { Item } from "./items.ts";
import type { JsonObject } from "./json.ts";

/** How a response stands. Only `completed` makes its id chainable (protocol.md §3.5). */
export type ResponseStatus = "queued" | "in_progress" | "completed" | "incomplete" | "failed";

/** Token counts of a response; all members are sent, because released clients insist on them (protocol.md §3.5). */
export type Usage = {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
};

/** The response object of `response.created` and of the terminals, with the members that checkers and clients read. */
export type ResponseObject = {
  readonly id: string;
  readonly object: "response";
  readonly status: ResponseStatus;
  readonly model: string;
  readonly output: readonly Item[];
  readonly usage: Usage | null;
  readonly previous_response_id: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly incomplete_details: { readonly reason: string } | null;
} & JsonObject;

/** The events that end a response on the wire (protocol.md §3.5); `error` ends the request that it belongs to. */
export const TERMINAL_EVENT_TYPES = [
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.done",
  "error",
] as const;

/** Whether an event of this type ends the response, or the request, that it belongs to. */
export function isTerminalEventType(type: string): boolean {
  return (TERMINAL_EVENT_TYPES as readonly string[]).includes(type);
}
