import type { Item } from "../protocol/items.ts";
import { itemsOfInput } from "../protocol/items.ts";
import { isJsonObject, type JsonObject, textMember } from "../protocol/json.ts";
import { inputItemProblem } from "./input-item.ts";

/** The codes of `response.steer.failed` (protocol.md §2.4). */
export type SteerFailure =
  | "response_not_found"
  | "invalid_input"
  | "steering_not_supported"
  | "too_many_pending_steers"
  | "response_already_completed"
  | "response_not_active"
  | "successor_creation_failed";

/** A `response.steer` that was read. */
export type SteerRequest = {
  readonly previousResponseId: string;
  readonly input: readonly Item[];
  readonly said: unknown;
};

/** A steer that a response has taken. */
export type AcceptedSteer = { readonly id: string; readonly request: SteerRequest };

/** A response that runs, as a steer sees it. */
export type SteerableResponse = { takeSteer(request: SteerRequest): SteerFailure | undefined };

/**
 * Knows the responses of one connection by what a steer can do to them, and the steers that wait for tool outputs.
 *
 * Steers that wait do not survive the connection (protocol.md §2.4).
 */
export type SteerDesk = {
  begin(responseId: string, response: SteerableResponse): void;
  end(responseId: string, how: "completed" | "other"): void;
  /** Gives a steer to the response that it names; answers why that failed. */
  steer(request: SteerRequest): SteerFailure | undefined;
  /** Keeps steers until the outputs of that response come; those of an earlier response of the lane are dropped. */
  keepForOutputs(lane: string, responseId: string, steers: readonly Item[]): void;
  /** Takes the kept steers of a response, once. */
  takeForOutputs(lane: string, responseId: string | null): readonly Item[];
};

/** How many steers one response takes. */
export const PENDING_STEERS_MAX = 8;

/** How many ended responses are remembered, to tell "completed" from "not found". */
const ENDED_MAX = 256;

/** Opens the desk of a connection. */
export function createSteerDesk(): SteerDesk {
  const running = new Map<string, SteerableResponse>();
  const ended = new Map<string, "completed" | "other">();
  const kept = new Map<string, { responseId: string; steers: readonly Item[] }>();
  return {
    begin: (responseId, response) => void running.set(responseId, response),
    end(responseId, how) {
      running.delete(responseId);
      ended.set(responseId, how);
      const oldest = ended.size > ENDED_MAX ? ended.keys().next().value : undefined;
      if (oldest !== undefined) ended.delete(oldest);
    },
    steer(request) {
      const response = running.get(request.previousResponseId);
      if (response !== undefined) return response.takeSteer(request);
      const how = ended.get(request.previousResponseId);
      if (how === undefined) return "response_not_found";
      return how === "completed" ? "response_already_completed" : "response_not_active";
    },
    keepForOutputs: (lane, responseId, steers) => void kept.set(lane, { responseId, steers }),
    takeForOutputs(lane, responseId) {
      const entry = kept.get(lane);
      if (entry === undefined || entry.responseId !== responseId) return [];
      kept.delete(lane);
      return entry.steers;
    },
  };
}

const STEER_FIELDS: ReadonlySet<string> = new Set(["type", "previous_response_id", "input"]);

/** Reads a `response.steer`: exactly its three fields, and user messages alone; undefined where it is anything else. */
export function parseSteer(frame: JsonObject): SteerRequest | undefined {
  const previousResponseId = textMember(frame, "previous_response_id");
  const said = frame["input"];
  if (previousResponseId === undefined || Object.keys(frame).some((field) => !STEER_FIELDS.has(field)))
    return undefined;
  if (typeof said !== "string" && !(Array.isArray(said) && said.length > 0 && said.every(isUserMessage)))
    return undefined;
  return { previousResponseId, input: itemsOfInput(said), said };
}

function isUserMessage(item: unknown): boolean {
  return isJsonObject(item) && item["role"] === "user" && inputItemProblem(item, "input") === undefined;
}

/** The frame that refuses a steer; `id` is absent where it never was accepted. */
export function steerFailedFrame(
  code: SteerFailure,
  steer: { readonly id?: string; readonly previous_response_id: unknown; readonly input: unknown },
): JsonObject {
  return {
    type: "response.steer.failed",
    error: { type: "invalid_request_error", code, message: STEER_MESSAGES[code] },
    steer,
  };
}

const STEER_MESSAGES: Readonly<Record<SteerFailure, string>> = {
  response_not_found: "The response to steer was not found on this connection.",
  invalid_input: "A steer has 'previous_response_id' and 'input', a string or user messages, and nothing else.",
  steering_not_supported: "This response does not support steering.",
  too_many_pending_steers: "Too many steers are waiting for this response.",
  response_already_completed: "The response has completed already.",
  response_not_active: "The response is not active any more.",
  successor_creation_failed: "The response that was to follow could not be created.",
};
