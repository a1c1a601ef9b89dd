import { type JsonObject, objectMember, textMember } from "./json.ts";

/** What an error frame says, whichever of its shapes it came in. Absent members were absent, or null, on the wire. */
export type ProtocolError = {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
  readonly status?: number;
  /** Milliseconds that the server asked to wait, from `headers["retry-after"]` (seconds) or `retry-after-ms`. */
  readonly retryAfterMs?: number;
};

/**
 * Reads an `error` frame in each of its shapes (protocol.md §3.7): nested, flat, and with a message alone.
 *
 * The real service nests, the SDK types are flat, and `status_code` stands for `status` in one backend.
 */
export function readErrorFrame(frame: JsonObject): ProtocolError {
  const body = objectMember(frame, "error") ?? frame;
  const status = frame["status"] ?? frame["status_code"];
  const code = textMember(body, "code");
  const type = body === frame ? undefined : textMember(body, "type");
  const param = textMember(body, "param");
  const retryAfterMs = readRetryAfterMs(objectMember(body, "headers") ?? objectMember(frame, "headers"));
  return {
    message: textMember(body, "message") ?? "error frame without a message",
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(param === undefined ? {} : { param }),
    ...(typeof status === "number" ? { status } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Whether an error says that the server does not know the previous response, in each shape that was seen. */
export function isPreviousResponseNotFound(error: ProtocolError): boolean {
  if (error.code !== undefined) return error.code === "previous_response_not_found";
  return error.param === "previous_response_id" || /previous.response/i.test(error.message);
}

/** Milliseconds to wait, from lower-case header names; undefined where nothing usable is said. */
export function readRetryAfterMs(headers: JsonObject | undefined): number | undefined {
  if (headers === undefined) return undefined;
  const milliseconds = readCount(headers["retry-after-ms"]);
  if (milliseconds !== undefined) return milliseconds;
  const seconds = readCount(headers["retry-after"]);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** A number that is 0 or more, given as such or as text. `Number` would take an empty text, a list and true for numbers. */
function readCount(value: unknown): number | undefined {
  const isNumeral = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  const count = isNumeral ? Number(value) : Number.NaN;
  return Number.isFinite(count) && count >= 0 ? count : undefined;
}

/** The error that an event of the server tells: an `error` frame or `response.failed`; undefined for every other type. */
export function readEventError(type: string, body: JsonObject): ProtocolError | undefined {
  if (type === "error") return readErrorFrame(body);
  return type === "response.failed" ? readErrorFrame(objectMember(body, "response") ?? body) : undefined;
}
