import { type JsonObject, objectMember, textMember } from "../../protocol/json.ts";
import { isTerminalEventType } from "../../protocol/server-events.ts";

/** A create that the server has not answered to the end. */
export type OpenRequest = {
  /** The `stream_id` of its lane; undefined for the default one. */
  readonly lane: string | undefined;
  /** The response object of its `response.created`, once that was passed. */
  readonly response: JsonObject | undefined;
  /** The number that its next event would have. */
  readonly nextSequenceNumber: number;
};

/** Follows the creates of one connection and what answers them. */
export type OpenRequests = {
  takeClientMessage(message: JsonObject): void;
  takeServerMessage(message: JsonObject): void;
  /** The oldest one. */
  oldest(): OpenRequest | undefined;
  /** The oldest one of a lane. */
  oldestOf(lane: string | undefined): OpenRequest | undefined;
  /** How many there are in a lane. */
  countOf(lane: string | undefined): number;
};

/** How many creates without an answer are followed; a server that is asked more is not followed further. */
const OPEN_MAX = 1_000;

type FollowedRequest = { -readonly [Key in keyof OpenRequest]: OpenRequest[Key] };

/** Opens the account of one connection. */
export function createOpenRequests(): OpenRequests {
  let open: FollowedRequest[] = [];
  return {
    oldest: () => open[0],
    oldestOf: (lane) => open.find((request) => request.lane === lane),
    countOf: (lane) => open.filter((request) => request.lane === lane).length,
    takeClientMessage(message) {
      if (message["type"] !== "response.create" || open.length >= OPEN_MAX) return;
      open.push({ lane: textMember(message, "stream_id"), response: undefined, nextSequenceNumber: 0 });
    },
    takeServerMessage(message) {
      const lane = textMember(message, "stream_id");
      const request = open.find((candidate) => candidate.lane === lane);
      if (request === undefined) return;
      const sequenceNumber = message["sequence_number"];
      if (typeof sequenceNumber === "number") request.nextSequenceNumber = sequenceNumber + 1;
      if (message["type"] === "response.created") request.response = objectMember(message, "response");
      if (isTerminalEventType(String(message["type"]))) open = open.filter((other) => other !== request);
    },
  };
}
