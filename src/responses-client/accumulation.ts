import { type ProtocolError, readErrorFrame } from "../protocol/error-shapes.ts";
import { type FunctionCallItem, isFunctionCall, type Item, itemsOfInput } from "../protocol/items.ts";
import { type JsonObject, objectMember, textMember } from "../protocol/json.ts";
import type { Failure } from "./failure.ts";
import { createItemCollection, isWholeCall } from "./item-collection.ts";
import type { Policy } from "./policy-context.ts";

/** How a response ended. */
export type ResponseEnd =
  | {
      readonly kind: "completed";
      readonly responseId?: string;
      readonly items: readonly Item[];
      /** The calls among the items that the last event does not list, though it lists others. */
      readonly unlisted?: readonly Item[];
    }
  | { readonly kind: "failed"; readonly failure: Failure };

/** What an event meant: text that became visible, and the end, if it was one. */
export type Progress = { readonly text?: string; readonly end?: ResponseEnd };

/** Puts one response together from its events. */
export type Accumulator = {
  /** Takes the events of the request, in the order in which they came. */
  read(event: JsonObject): Progress;
  /** The connection was lost, or the turn was cancelled, before an event that ends the response. */
  interrupted(failure: Failure): ResponseEnd;
};

/** Makes one {@link Accumulator} for each request. */
export type Accumulation = { forRequest(): Accumulator };

/**
 * `response.output_item.done` is authoritative and the output of `response.completed` fills gaps (protocol.md §3.1,
 * §3.5); deltas are for the eye alone. Only `response.completed` is success (INV-22).
 *
 * A repeated sequence number is a repeated event and is skipped. After a missing number nothing more is shown, and the
 * response counts only if its last event brings the whole output (INV-19).
 */
export function createAccumulation(): Policy<Accumulation> {
  return () => ({ forRequest: createAccumulator });
}

function createAccumulator(): Accumulator {
  const items = createItemCollection();
  let sequence: number | undefined;
  let hasGap = false;
  let responseId: string | undefined;

  /** Whether the event is new; notes what is missing before it. */
  function isNew(event: JsonObject): boolean {
    const number = event["sequence_number"];
    if (typeof number !== "number") return true;
    if (sequence !== undefined && number <= sequence) return false;
    if (sequence !== undefined && number > sequence + 1) hasGap = true;
    sequence = number;
    return true;
  }

  function complete(response: JsonObject): ResponseEnd {
    const output = itemsOfInput(response["output"]);
    if (hasGap && output.length === 0) {
      return failed({ kind: "bad-frame", message: "events of the response are missing, by their sequence numbers" });
    }
    responseId = textMember(response, "id") ?? responseId;
    const all = items.filledFrom(output);
    const listed = new Set(output.filter(isFunctionCall).map((call) => call.call_id));
    const unlisted = output.length === 0 ? [] : all.filter((item) => isFunctionCall(item) && !listed.has(item.call_id));
    const named = responseId === undefined ? {} : { responseId };
    return { kind: "completed", ...named, items: all, ...(unlisted.length === 0 ? {} : { unlisted }) };
  }

  function readEnd(event: JsonObject): ResponseEnd | undefined {
    const response = objectMember(event, "response") ?? {};
    switch (event["type"]) {
      case "response.completed":
        return complete(response);
      case "response.done":
        // An older name of the terminal, for each way to end (protocol.md §3.5).
        return (response["status"] ?? "completed") === "completed" ? complete(response) : failed(failureOf(response));
      case "response.failed":
      case "response.incomplete":
        return failed(failureOf({ status: String(event["type"]).slice("response.".length), ...response }));
      case "error":
      case "response.error":
        return failed({ kind: "error-frame", error: readErrorFrame(event) });
      default:
        return undefined;
    }
  }

  return {
    read(event) {
      if (!isNew(event)) return {};
      if (event["type"] === "response.created") responseId = textMember(objectMember(event, "response") ?? {}, "id");
      if (event["type"] === "response.output_item.done") items.add(event);
      const text = event["type"] === "response.output_text.delta" ? textMember(event, "delta") : undefined;
      const end = readEnd(event);
      return { ...(text === undefined || hasGap ? {} : { text }), ...(end === undefined ? {} : { end }) };
    },
    interrupted: failed,
  };
}

function failed(failure: Failure): ResponseEnd {
  return { kind: "failed", failure };
}

function failureOf(response: JsonObject): Failure {
  if (response["status"] === "incomplete") {
    const reason = textMember(objectMember(response, "incomplete_details") ?? {}, "reason");
    return { kind: "response-incomplete", reason: reason ?? "no reason given" };
  }
  const stated = objectMember(response, "error");
  const error: ProtocolError =
    stated === undefined ? { message: "no reason given" } : readErrorFrame({ error: stated });
  return { kind: "response-failed", error };
}

/** The function call that an event says is done, or undefined; repeats of the event give the call again. */
export function callDoneIn(event: JsonObject): FunctionCallItem | undefined {
  if (event["type"] !== "response.output_item.done") return undefined;
  return itemsOfInput([event["item"]]).find(isWholeCall);
}
