import { type JsonObject, objectMember, textMember } from "../protocol/json.ts";
import type { Item } from "../protocol/items.ts";

/**
 * What has been told of an output so far, for a response that ends early.
 *
 * Items that are done count as they are; of the one that is being told, the part that was written counts, with status
 * `"incomplete"`.
 */
export type OutputProgress = {
  take(event: JsonObject): void;
  /** The items so far, in the order of their `output_index`. */
  items(): readonly Item[];
};

type Part = { item: Item; written: string; isDone: boolean };

/** Opens the progress of a response that has told nothing. */
export function createOutputProgress(): OutputProgress {
  const parts = new Map<number, Part>();
  return {
    take(event) {
      const index = event["output_index"];
      if (typeof index !== "number") return;
      const item = objectMember(event, "item");
      if (item !== undefined) {
        parts.set(index, { item: itemOf(item), written: "", isDone: event["type"] === "response.output_item.done" });
        return;
      }
      const part = parts.get(index);
      if (part !== undefined) part.written += textMember(event, "delta") ?? "";
    },
    items: () => [...parts].sort(([one], [other]) => one - other).map(([, part]) => itemSoFar(part)),
  };
}

function itemOf(item: JsonObject): Item {
  return { ...item, type: textMember(item, "type") ?? "unknown" };
}

function itemSoFar({ item, written, isDone }: Part): Item {
  if (isDone) return item;
  switch (item.type) {
    case "message":
      return {
        ...item,
        status: "incomplete",
        content: [{ type: "output_text", text: written, annotations: [], logprobs: [] }],
      };
    case "function_call":
      return { ...item, status: "incomplete", arguments: written };
    default:
      return { ...item, summary: written === "" ? [] : [{ type: "summary_text", text: written }] };
  }
}
