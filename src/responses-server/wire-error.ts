import type { JsonObject } from "../protocol/json.ts";

/** An error as the service words it, over HTTP and in an `error` frame (protocol.md §3.7, nested form). */
export type WireError = {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
  /** Hints such as `{"retry-after":"1"}`. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** A request that cannot be served as it stands; `code` is null where the service names none. */
export function invalidRequest(message: string, place: { code?: string; param?: string } = {}): WireError {
  return {
    status: 400,
    type: "invalid_request_error",
    code: place.code ?? null,
    message,
    param: place.param ?? null,
  };
}

/** The id is in no lane of this connection and not in the store (protocol.md §3.7). */
export function previousResponseNotFound(id: string): WireError {
  return invalidRequest(`Previous response with id '${id}' not found.`, {
    code: "previous_response_not_found",
    param: "previous_response_id",
  });
}

/** The connection is as old as it may become (protocol.md §3.7, §1.3). */
export function connectionLimitReached(ageMsMax: number): WireError {
  const minutes = Math.round(ageMsMax / 60_000);
  const age = minutes >= 1 ? `${minutes} minutes` : `${ageMsMax} ms`;
  return invalidRequest(
    `Responses websocket connection limit reached (${age}). Create a new websocket connection to continue.`,
    { code: "websocket_connection_limit_reached" },
  );
}

/** A further named lane would be one too many for this connection (protocol.md §2.3, §3.7). */
export function streamLimitReached(): WireError {
  return invalidRequest("This WebSocket connection has reached its stream limit.", {
    code: "websocket_stream_limit_reached",
    param: "stream_id",
  });
}

/** The body of an HTTP refusal: `{"error":{"message":"…","type":"…","param":null,"code":null}}`. */
export function httpErrorBody(error: WireError): JsonObject {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.code } };
}
