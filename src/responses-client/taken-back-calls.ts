import type { FunctionCallItem } from "../protocol/items.ts";
import { callKey } from "./conversation-state.ts";

/** How many are remembered; the oldest are forgotten first. */
const CALLS_MAX = 1_000;

/**
 * The calls of attempts that came to nothing. They left no trace in the conversation, so a replay of one of them within a
 * later response can be told in no other way (INV-09, INV-20).
 */
export type TakenBackCalls = {
  add(calls: readonly FunctionCallItem[]): void;
  has(call: FunctionCallItem): boolean;
};

/** Opens a memory for one session; it outlives no process, because no connection does. */
export function createTakenBackCalls(): TakenBackCalls {
  const keys = new Set<string>();
  return {
    add(calls) {
      for (const key of calls.map(callKey)) {
        keys.delete(key);
        keys.add(key);
      }
      for (const key of [...keys].slice(0, Math.max(0, keys.size - CALLS_MAX))) keys.delete(key);
    },
    has: (call) => keys.has(callKey(call)),
  };
}
