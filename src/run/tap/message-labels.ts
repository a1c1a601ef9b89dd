import type { EventPlace } from "../../history/event.ts";
import { operationOfArguments } from "../../history/tool-operations.ts";
import { type JsonObject, objectMember, textMember } from "../../protocol/json.ts";
import { isTerminalEventType } from "../../protocol/server-events.ts";

/** The ids that a message carries, for its event: which lane, which response, which call, which operation. */
export type MessageLabels = Pick<EventPlace, "lane" | "responseId" | "callId" | "operation">;

/**
 * Reads the ids of the messages of one connection.
 *
 * Deltas name no response, so it remembers which one each lane is in the middle of.
 */
export type MessageLabeller = { label(message: JsonObject): MessageLabels };

/** Opens a labeller for one connection. */
export function createMessageLabeller(): MessageLabeller {
  const currentOfLane = new Map<string, string>();
  return {
    label(message) {
      const lane = textMember(message, "stream_id");
      const type = textMember(message, "type") ?? "";
      const named = textMember(objectMember(message, "response") ?? {}, "id") ?? textMember(message, "response_id");
      if (type === "response.created" && named !== undefined) currentOfLane.set(lane ?? "", named);
      const responseId =
        named ?? (type.startsWith("response.") || type === "error" ? currentOfLane.get(lane ?? "") : undefined);
      if (isTerminalEventType(type)) currentOfLane.delete(lane ?? "");
      return { ...(lane === undefined ? {} : { lane }), ...idOf(responseId), ...callOf(message) };
    },
  };
}

/** The ids that a message carries itself, for one that belongs to no connection's order. */
export function labelsOfMessage(message: JsonObject): MessageLabels {
  return createMessageLabeller().label(message);
}

function idOf(responseId: string | undefined): MessageLabels {
  return responseId === undefined ? {} : { responseId };
}

function callOf(message: JsonObject): MessageLabels {
  const item = objectMember(message, "item");
  const callId = item === undefined ? undefined : textMember(item, "call_id");
  if (item === undefined || callId === undefined) return {};
  const operation = operationOfArguments(textMember(item, "arguments") ?? "");
  return operation === undefined ? { callId } : { callId, operation };
}
