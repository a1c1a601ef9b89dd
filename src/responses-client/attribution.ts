import { readErrorFrame } from "../protocol/error-shapes.ts";
import { type JsonObject, objectMember, textMember } from "../protocol/json.ts";
import { isConnectionLimit } from "./failure-policy.ts";
import type { Policy } from "./policy-context.ts";

/** Whose an event is: the running request's, nobody's, or a notice that the connection must not be used any more. */
export type EventOwner = "request" | "nobody" | "retire-connection";

/** Follows one connection and says which request an event belongs to. */
export type Attribution = {
  /** A create was handed to the socket. */
  requestStarted(): void;
  /** `isRequestRunning`: whether a request waits for its terminal event. */
  ownerOf(event: JsonObject, isRequestRunning: boolean): EventOwner;
  /** Whether the server has said `response.created` for the running request. */
  isCreated(): boolean;
  /** The caller gave the running request up: may the next create use this connection? */
  abandoned(): "keep" | "retire";
};

/** Makes one {@link Attribution} for each connection. */
export type AttributionSource = { forConnection(): Attribution };

/**
 * Events belong to the response that `response.created` named after the create (INV-17).
 *
 * What comes before it is the tail of an older response and is ignored, except an `error`, which refuses the create
 * itself. Events of other responses and of other lanes are ignored. An abandoned response would go on streaming into
 * the next request, so its connection is retired (INV-18, protocol.md §4.2).
 */
export function createAttribution(): Policy<AttributionSource> {
  return () => ({ forConnection: attributeByResponse });
}

function attributeByResponse(): Attribution {
  let ownId: string | undefined;
  let lastId: string | undefined;
  let isCreated = false;

  function isOwn(event: JsonObject): boolean {
    const responseId = textMember(objectMember(event, "response") ?? {}, "id") ?? textMember(event, "response_id");
    if (textMember(event, "stream_id") !== undefined) return false;
    if (isCreated) return responseId === undefined || ownId === undefined || responseId === ownId;
    if (event["type"] === "error") return true;
    if (event["type"] !== "response.created" || (responseId !== undefined && responseId === lastId)) return false;
    isCreated = true;
    ownId = responseId;
    return true;
  }

  return {
    requestStarted() {
      lastId = ownId ?? lastId;
      ownId = undefined;
      isCreated = false;
    },
    isCreated: () => isCreated,
    abandoned: () => "retire",
    ownerOf(event, isRequestRunning) {
      if (isRequestRunning) return isOwn(event) ? "request" : "nobody";
      return event["type"] === "error" && isConnectionLimit(readErrorFrame(event)) ? "retire-connection" : "nobody";
    },
  };
}
