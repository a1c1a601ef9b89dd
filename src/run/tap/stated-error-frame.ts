import type { StatedError } from "../../plan/protocol-faults.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { errorFrame } from "../../responses-server/error-shape.ts";

/** The `error` frame of an error that a fault states (protocol.md §3.7), as the reference server would write it. */
export function errorFrameOf(
  stated: StatedError,
  place: { readonly lane: string | undefined; readonly sequenceNumber?: number },
): JsonObject {
  const { code, message, retryAfterSeconds, retryAfterMs } = stated;
  const headers = {
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    ...(retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) }),
  };
  const error = {
    code,
    message,
    status: stated.status ?? 400,
    type: stated.type ?? "invalid_request_error",
    param: stated.param ?? null,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
  return errorFrame(error, place, { form: stated.form ?? "nested" });
}
