import { continuesAfterTools } from "./client-events.ts";
import { isFunctionCall, itemsOfInput } from "./items.ts";
import { type JsonObject, objectMember, textMember } from "./json.ts";
import type { ProtocolPoint } from "./protocol-point.ts";

/**
 * Finds the protocol point that a message reaches.
 *
 * It follows one connection, because `response.created` means P3 or P11 by the create that it answers: the oldest one
 * of its lane that has not been answered yet.
 */
export type PointReader = {
  /** The point that a message of the client reaches, for example `"P10"`. */
  ofClientEvent(event: JsonObject): ProtocolPoint | undefined;
  /** The point that a message of the server reaches, for example `"P6"`. */
  ofServerEvent(event: JsonObject): ProtocolPoint | undefined;
};

/** How many creates without an answer are remembered per lane; further ones are taken for first requests. */
const UNANSWERED_MAX = 64;

/** Opens a reader for one connection. */
export function createPointReader(): PointReader {
  const unanswered = new Map<string, boolean[]>();
  return {
    ofClientEvent(event) {
      if (event["type"] !== "response.create") return undefined;
      const afterTools = continuesAfterTools(event);
      const lane = unanswered.get(laneOf(event)) ?? [];
      if (lane.length < UNANSWERED_MAX) lane.push(afterTools);
      unanswered.set(laneOf(event), lane);
      return afterTools ? "P10" : "P2";
    },
    ofServerEvent(event) {
      switch (event["type"]) {
        case "response.created":
          return unanswered.get(laneOf(event))?.shift() === true ? "P11" : "P3";
        case "error":
          // A refused create gets no response.created, so its place must not be taken by the next answer.
          unanswered.get(laneOf(event))?.shift();
          return undefined;
        default:
          return pointOfStreamEvent(event);
      }
    },
  };
}

function laneOf(event: JsonObject): string {
  return textMember(event, "stream_id") ?? "";
}

function pointOfStreamEvent(event: JsonObject): ProtocolPoint | undefined {
  switch (event["type"]) {
    case "response.output_item.added":
      return asksForTool(event) ? "P4" : undefined;
    case "response.function_call_arguments.delta":
      return "P5";
    case "response.output_item.done":
      return asksForTool(event) ? "P6" : undefined;
    case "response.output_text.delta":
      return "P12";
    case "response.completed":
      return itemsOfInput(objectMember(event, "response")?.["output"]).some(isFunctionCall) ? "P7" : "P13";
    default:
      return undefined;
  }
}

function asksForTool(event: JsonObject): boolean {
  return objectMember(event, "item")?.["type"] === "function_call";
}
