import { isPreviousResponseNotFound, type ProtocolError } from "../protocol/error-shapes.ts";
import type { Failure } from "./failure.ts";
import type { Policy } from "./policy-context.ts";

/** What is known beside the failure itself. */
export type FailureCircumstances = {
  /** Earlier failures of the same request, oldest first. */
  readonly earlier: readonly Failure[];
  /** Whether the failed create named a previous response. */
  readonly isChained: boolean;
};

/** What a failure means for the request and for the connection that it happened on. */
export type FailureVerdict = {
  /** `retry` waits as the backoff says, `retry-at-once` does not wait, `stop` ends the turn. */
  readonly action: "retry" | "retry-at-once" | "stop";
  /** `keep`: the connection may carry the next create; `renew`: the next create needs a new one. */
  readonly connection: "keep" | "renew";
};

/** Decides what a failure means. A total function: each failure has one answer. */
export type FailureJudge = {
  judge(failure: Failure, circumstances: FailureCircumstances): FailureVerdict;
};

const RETRY: FailureVerdict = { action: "retry", connection: "renew" };
const RETRY_ON_SAME: FailureVerdict = { action: "retry", connection: "keep" };
const STOP: FailureVerdict = { action: "stop", connection: "renew" };
const STOP_ON_SAME: FailureVerdict = { action: "stop", connection: "keep" };

/**
 * The table of protocol.md §4.4 and §1.4.
 *
 * What a new attempt can cure is tried again: lost connections, overload, rate limits, errors of the server. What would
 * fail the same way again stops: bad requests, refused credentials, quotas, and 426, which asks for another transport.
 * An error that stops also ends the connection: many servers close it right behind the error (protocol.md §8), and the
 * next turn must not run into that.
 */
export function createFailureJudge(): Policy<FailureJudge> {
  return () => ({
    judge(failure, circumstances) {
      switch (failure.kind) {
        case "connect-failed":
        case "bad-frame":
          return RETRY;
        case "connection-lost":
          return judgeCloseCode(failure.closeCode) === "retry" ? RETRY : STOP;
        case "upgrade-refused":
          return isPassing({ ...failure.error, status: failure.status }) ? RETRY : STOP;
        case "error-frame":
          return judgeError(failure.error, circumstances);
        case "response-failed":
          return isPassing(failure.error) ? RETRY_ON_SAME : STOP;
        case "response-incomplete":
        case "too-large":
        case "cancelled":
          return STOP_ON_SAME;
      }
    },
  });
}

const RETRIED_CLOSE_CODES: readonly number[] = [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015];

/**
 * What a close code means for a session that still has work (INV-29); it does not ask whether the close was clean.
 *
 * 1000 without a terminal event is a failure like any other. 1002, 1003 and 1007 to 1010 answer the bytes that were
 * sent, so the same bytes are not sent again. Codes from 3000 up are the peer's own, and its refusals live there.
 */
export function judgeCloseCode(closeCode: number): "retry" | "stop" {
  return RETRIED_CLOSE_CODES.includes(closeCode) ? "retry" : "stop";
}

function judgeError(error: ProtocolError, { earlier, isChained }: FailureCircumstances): FailureVerdict {
  const isFirst = (matches: (error: ProtocolError) => boolean): boolean =>
    !earlier.some((failure) => failure.kind === "error-frame" && matches(failure.error));
  if (isPreviousResponseNotFound(error)) {
    return isFirst(isPreviousResponseNotFound) ? { action: "retry-at-once", connection: "keep" } : STOP;
  }
  if (isConnectionLimit(error)) {
    return isFirst(isConnectionLimit) ? { action: "retry-at-once", connection: "renew" } : RETRY;
  }
  // Only a chained create can lack the other half of a pair: the full input always has both.
  if (isUnpaired(error) && isChained && isFirst(isUnpaired)) return { action: "retry-at-once", connection: "keep" };
  // An error frame names no request, and one of this kind may come without any: where a create crosses it, that create is
  // answered all the same, and on the same connection its answer would be taken for that of the next one.
  return isPassing(error) ? RETRY : STOP;
}

/** Whether an error says that the connection, or its lanes, are used up and a new connection is due. */
export function isConnectionLimit(error: ProtocolError): boolean {
  if (error.code === undefined) return /connection limit/i.test(error.message);
  return error.code === "websocket_connection_limit_reached" || error.code === "websocket_stream_limit_reached";
}

function isUnpaired(error: ProtocolError): boolean {
  return /^No tool (output|call) found for function call/i.test(error.message);
}

const PASSING_CODES: readonly string[] = [
  "rate_limit_exceeded",
  "server_error",
  "server_is_overloaded",
  "slow_down",
  "vector_store_timeout",
];

/** Whether the same request may well succeed later; an error that says nothing about itself gets the chance. */
function isPassing(error: ProtocolError): boolean {
  if (error.code !== undefined && PASSING_CODES.includes(error.code)) return true;
  // A quota comes with status 429 too, and is no matter of seconds (protocol.md §3.7).
  if (/quota|usage_(limit|not)|credit/.test(`${error.code ?? ""} ${error.type ?? ""}`)) return false;
  const { status } = error;
  if (status !== undefined) return status >= 500 || status === 429 || status === 408 || status === 409;
  if (error.type === "invalid_request_error") return false;
  return error.code === undefined;
}
