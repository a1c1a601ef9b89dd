import { isJsonObject, type JsonObject, textMember } from "../protocol/json.ts";
import { type CreateRequest, parseCreate } from "./create-request.ts";
import { invalidRequest, type WireError } from "./wire-error.ts";

/** What a text frame of a client asks for. */
export type ClientFrame =
  /** A create, or what is wrong with its fields; a wrong one takes its place in the lane all the same. */
  | {
      readonly kind: "create";
      readonly lane: string | undefined;
      readonly create: CreateRequest | WireError;
      /** The id as it stood in the frame, also where the create is wrong otherwise: its failure evicts it. */
      readonly previousResponseId: string | undefined;
    }
  | { readonly kind: "steer"; readonly frame: JsonObject }
  /** Known, and without effect here. */
  | { readonly kind: "ignored"; readonly type: string }
  /** Answered at once, because it has no lane whose order it could keep. */
  | { readonly kind: "refused"; readonly error: WireError };

/** How deep the JSON of a frame may nest; deeper text is refused, because nothing real needs it and copies recurse. */
export const FRAME_DEPTH_MAX = 128;

const STREAM_ID = /^[A-Za-z0-9_.-]{1,256}$/;

/**
 * Reads a text frame (protocol.md §2, §10.1 item 3).
 *
 * Every wrong frame becomes an error of status 400 and never ends the connection; the service's own reaction to most
 * of them is not public (protocol.md §11.3).
 */
export function readClientFrame(text: string): ClientFrame {
  const parsed = parseFrame(text);
  if ("error" in parsed) return { kind: "refused", error: parsed.error };
  const { frame } = parsed;
  const type = textMember(frame, "type");
  if (type === undefined) {
    return refused(invalidRequest("Missing required parameter: 'type'.", missing("type")));
  }
  if (type === "response.processed") return { kind: "ignored", type };
  if (type === "response.steer") return { kind: "steer", frame };
  if (type !== "response.create") {
    const known = "Supported events are 'response.create' and 'response.steer'.";
    return refused(invalidRequest(`Invalid value for 'type': '${type.slice(0, 64)}'. ${known}`, invalidValue("type")));
  }
  return readCreate(frame);
}

function readCreate(frame: JsonObject): ClientFrame {
  const lane = frame["stream_id"];
  if (lane !== undefined && (typeof lane !== "string" || !STREAM_ID.test(lane))) {
    const rule = "It has to be 1 to 256 letters, digits, '_', '.' or '-'.";
    return refused(invalidRequest(`Invalid 'stream_id'. ${rule}`, { code: "invalid_stream_id", param: "stream_id" }));
  }
  return {
    kind: "create",
    lane,
    create: parseCreate(frame),
    previousResponseId: textMember(frame, "previous_response_id"),
  };
}

function parseFrame(text: string): { frame: JsonObject } | { error: WireError } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: invalidRequest("The frame is not valid JSON.", { code: "invalid_json" }) };
  }
  if (!isJsonObject(value)) {
    return { error: invalidRequest("The frame has to hold one JSON object.", { code: "invalid_json" }) };
  }
  if (isDeeperThan(value, FRAME_DEPTH_MAX)) {
    const message = `The frame nests deeper than ${FRAME_DEPTH_MAX} levels.`;
    return { error: invalidRequest(message, { code: "invalid_json" }) };
  }
  return { frame: value };
}

/** Whether a value nests deeper than so many levels. It goes level by level, so depth costs it no stack. */
function isDeeperThan(value: unknown, depthMax: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= depthMax; depth += 1) {
    level = level.flatMap((entry) => (isContainer(entry) ? Object.values(entry).filter(isContainer) : []));
    if (level.length === 0) return false;
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function refused(error: WireError): ClientFrame {
  return { kind: "refused", error };
}

function missing(param: string): { code: string; param: string } {
  return { code: "missing_required_parameter", param };
}

function invalidValue(param: string): { code: string; param: string } {
  return { code: "invalid_value", param };
}
