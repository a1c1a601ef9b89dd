import type { Item } from "../protocol/items.ts";
import { type ChainLink, closureOf, type ConnectionCache, type ResponseStore } from "./conversation-memory.ts";
import type { CreateRequest } from "./create-request.ts";
import { pairingProblem } from "./history-pairing.ts";
import { tokensOf } from "./token-count.ts";
import { invalidRequest, previousResponseNotFound, type WireError } from "./wire-error.ts";

/** A create that can be served, with what it continues. */
export type Admission = {
  readonly parent: ChainLink | undefined;
  /** closure(previous_response_id) ++ input (protocol.md §4.3). */
  readonly effectiveInput: readonly Item[];
  readonly inputTokens: number;
  /** Tokens that came out of the cache of the connection; 0 where the parent was read from the store. */
  readonly cachedTokens: number;
};

/** Where a previous response may be found. */
export type Memory = { readonly lane: string; readonly cache: ConnectionCache; readonly store: ResponseStore };

/**
 * Resolves the previous response of a create and checks the history that results (protocol.md §10.1 items 4 and 5).
 *
 * The id is looked for in the lane, then in any lane of the connection, then in the store of the key.
 */
export function admitCreate(
  create: CreateRequest,
  memory: Memory,
  limits: { readonly contextItemsMax: number },
): Admission | WireError {
  const { previousResponseId, input } = create;
  const cached = previousResponseId === null ? undefined : memory.cache.find(previousResponseId, memory.lane);
  const parent = cached ?? (previousResponseId === null ? undefined : memory.store.find(previousResponseId));
  if (previousResponseId !== null && parent === undefined) return previousResponseNotFound(previousResponseId);
  const size = (parent?.closureSize ?? 0) + input.length;
  if (size > limits.contextItemsMax) {
    return invalidRequest(
      `Your input has ${size} items; the context of this model ends at ${limits.contextItemsMax}.`,
      {
        code: "context_length_exceeded",
        param: "input",
      },
    );
  }
  const effectiveInput = [...closureOf(parent), ...input];
  const problem = pairingProblem(effectiveInput);
  if (problem !== undefined) return problem;
  return {
    parent,
    effectiveInput,
    inputTokens: (parent?.closureTokens ?? 0) + tokensOf(input),
    cachedTokens: cached?.closureTokens ?? 0,
  };
}
