import { type FunctionCallItem, isFunctionCall, type Item, itemsOfInput } from "../protocol/items.ts";
import type { JsonObject } from "../protocol/json.ts";

/** The finished items of one response, each once. */
export type ItemCollection = {
  /** Takes the item of a `response.output_item.done`; a repeat changes nothing. */
  add(event: JsonObject): void;
  /** The items in the order of the output, with those of `output` in the places that no item was given for. */
  filledFrom(output: readonly Item[]): readonly Item[];
};

type Placed = { readonly index: number; readonly item: Item };

/** Opens an empty collection. */
export function createItemCollection(): ItemCollection {
  const placed: Placed[] = [];

  function isTaken(index: number): boolean {
    return placed.some((known) => known.index === index);
  }

  function hasCall(item: Item): boolean {
    return placed.some((known) => callKey(known.item) === callKey(item));
  }

  return {
    add(event) {
      const [item] = itemsOfInput([event["item"]]);
      if (item === undefined || !isUsable(item)) return;
      // Without a place the item stands where it came: behind all that are known.
      const index = typeof event["output_index"] === "number" ? event["output_index"] : nextIndex(placed);
      // Two calls are two even where a server counts their places wrongly; other items have nothing but their place.
      const isRepeat = callKey(item) === undefined ? isTaken(index) : hasCall(item);
      if (!isRepeat) placed.push({ index, item: canonicalItem(item) });
    },
    filledFrom(output) {
      for (const [index, item] of output.entries()) {
        const isKnown = isTaken(index) || (callKey(item) !== undefined && hasCall(item));
        if (!isKnown && isUsable(item)) placed.push({ index, item: canonicalItem(item) });
      }
      return placed.toSorted((one, other) => one.index - other.index).map(({ item }) => item);
    },
  };
}

function nextIndex(placed: readonly Placed[]): number {
  return placed.reduce((next, { index }) => Math.max(next, index + 1), 0);
}

/** `call_id` is the only key that joins a call to its output, and item ids are rotated by some (protocol.md §3.3). */
function callKey(item: Item): string | undefined {
  return "call_id" in item ? `${item.type}/${String(item.call_id)}` : undefined;
}

/** A call that lacks its name or its arguments can neither be run nor be said again, and would poison the history. */
function isUsable(item: Item): boolean {
  return item.type !== "function_call" || isWholeCall(item);
}

/** Whether an item is a function call with all that is needed to run it. */
export function isWholeCall(item: Item): item is FunctionCallItem {
  return isFunctionCall(item) && typeof item.name === "string" && typeof item.arguments === "string";
}

/**
 * An item as it stands in a history that outlives connections: without `id` and `status`, which the server minted for
 * one response on one connection and may refuse on another (INV-16). `call_id` and encrypted reasoning stay.
 */
export function canonicalItem(item: Item): Item {
  const { id: _id, status: _status, ...rest } = { id: undefined, status: undefined, ...item };
  return rest;
}
