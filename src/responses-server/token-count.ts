import type { Item } from "../protocol/items.ts";
import type { Usage } from "../protocol/server-events.ts";

const CHARACTERS_PER_TOKEN = 4;

/** An estimate of what items cost in tokens: a quarter of their JSON's length. Ids count by their fixed width. */
export function tokensOf(items: readonly Item[]): number {
  let characters = 0;
  for (const item of items) characters += JSON.stringify(item).length;
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** What one response used, as estimates. */
export type TokenCounts = {
  /** Everything in the effective input. */
  readonly input: number;
  /** The part of the input that lay in the cache of the connection. */
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
};

/** The `usage` member with all its parts, because a released client fails without them (protocol.md §3.5). */
export function usageOf(counts: TokenCounts): Usage {
  return {
    input_tokens: counts.input,
    input_tokens_details: { cached_tokens: counts.cached, cache_write_tokens: 0 },
    output_tokens: counts.output,
    output_tokens_details: { reasoning_tokens: counts.reasoning },
    total_tokens: counts.input + counts.output,
  };
}
