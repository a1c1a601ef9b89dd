import type { Item } from "../protocol/items.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ResponseObject, ResponseStatus, Usage } from "../protocol/server-events.ts";
import type { CreateRequest } from "./create-request.ts";
import { createdAtOf } from "./identities.ts";

/** What is the same in every state of one response. */
export type ResponseIdentity = { readonly id: string; readonly create: CreateRequest };

/** How a response stands when its object is printed; absent members are null or empty on the wire. */
export type ResponseState = {
  readonly status: ResponseStatus;
  readonly output?: readonly Item[];
  readonly usage?: Usage;
  readonly error?: { readonly code: string; readonly message: string };
  readonly incompleteReason?: string;
};

/** What the service says where the client said nothing (protocol.md Appendix A). */
const DEFAULT_SETTINGS: JsonObject = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: "auto",
  temperature: 1,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null,
};

/**
 * The response object of protocol.md §3.5 with every key that a client was seen to read.
 *
 * `created_at` and `completed_at` come from the number of the id and not from a clock, so the bytes of a run are the
 * same on every replay.
 */
export function responseObject(identity: ResponseIdentity, state: ResponseState): ResponseObject {
  const { id, create } = identity;
  const isEnded = state.status !== "queued" && state.status !== "in_progress";
  return {
    id,
    object: "response",
    created_at: createdAtOf(id),
    completed_at: isEnded ? createdAtOf(id) : null,
    status: state.status,
    background: false,
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    model: create.model,
    output: state.output ?? [],
    previous_response_id: create.previousResponseId,
    store: create.store,
    ...DEFAULT_SETTINGS,
    ...withoutNulls(create.settings),
    usage: state.usage ?? null,
  };
}

function withoutNulls(settings: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}
