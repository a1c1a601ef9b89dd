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

/** Milliseconds to wait, from lower-case header names; undefined where nothing usable is said. */
export function readRetryAfterMs(headers: JsonObject | undefined): number | undefined {
  if (headers === undefined) return undefined;
  const milliseconds = Number(headers["retry-after-ms"] ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
