import type { StatedError } from "../plan/protocol-faults.ts";
import { NEVER, ON_CLOSE, pointsFrom, type SearchMould } from "./search-mould.ts";

const NOT_FOUND: StatedError = {
  code: "previous_response_not_found",
  message: "Previous response with id 'resp_gone' not found.",
  param: "previous_response_id",
};
const OVERLOADED: StatedError = {
  code: "server_is_overloaded",
  message: "The server is overloaded. Try again later.",
  status: 503,
  type: "server_error",
};
/** A hint to wait stands in the answer to a request. */
const OVERLOADED_WITH_HINT: StatedError = { ...OVERLOADED, retryAfterMs: 300 };
const RATE_LIMIT: StatedError = {
  code: "rate_limit_exceeded",
  message: "Rate limit reached. Please try again in 0.3s.",
  status: 429,
  type: "tokens",
  retryAfterMs: 300,
};
const SERVER_ERROR: StatedError = {
  code: "server_error",
  message: "The server had an error.",
  status: 500,
  type: "server_error",
};
const CONNECTION_LIMIT: StatedError = {
  code: "websocket_connection_limit_reached",
  message: "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
};

const BEFORE_CREATE = pointsFrom(0, 1).concat(pointsFrom(8, 9));
const ON_CONNECTION = pointsFrom(1, 14);

/** What a server may state of itself (F-32, F-33, F-34): at once for the next request, or in the middle of one. */
export const statedErrorMoulds: readonly SearchMould[] = [
  {
    name: "refuse-create",
    points: BEFORE_CREATE,
    variants: [
      [{ fault: { kind: "refuse-create", error: NOT_FOUND, creates: "any", times: 1 }, heal: NEVER }],
      [{ fault: { kind: "refuse-create", error: NOT_FOUND, creates: "chained", times: 1 }, heal: NEVER }],
      [{ fault: { kind: "refuse-create", error: OVERLOADED_WITH_HINT, creates: "any", times: 1 }, heal: NEVER }],
      [{ fault: { kind: "refuse-create", error: RATE_LIMIT, creates: "any", times: 2 }, heal: NEVER }],
    ],
  },
  {
    name: "error",
    points: ON_CONNECTION,
    variants: [
      [{ fault: { kind: "error", error: SERVER_ERROR }, heal: ON_CLOSE }],
      [{ fault: { kind: "error", error: OVERLOADED }, heal: ON_CLOSE }],
      [{ fault: { kind: "error", error: CONNECTION_LIMIT, close: 1000 }, heal: ON_CLOSE }],
      [{ fault: { kind: "error", error: { ...SERVER_ERROR, form: "flat" } }, heal: ON_CLOSE }],
    ],
  },
  {
    name: "failed",
    points: pointsFrom(3, 6).concat(pointsFrom(11, 12)),
    variants: [
      [{ fault: { kind: "error", error: SERVER_ERROR, frames: "failed" }, heal: ON_CLOSE }],
      [{ fault: { kind: "error", error: OVERLOADED_WITH_HINT, frames: "error-and-failed" }, heal: ON_CLOSE }],
      [
        {
          fault: { kind: "error", error: { code: "max_output_tokens", message: "Too long." }, frames: "incomplete" },
          heal: ON_CLOSE,
        },
      ],
    ],
  },
];
