import type { ProtocolError } from "../protocol/error-shapes.ts";

/**
 * How far a request had come when its connection was lost (protocol.md §6.7): `idle` there was none, `sent` it was
 * handed to the socket and nobody knows whether the server has it, `created` the server said `response.created`.
 */
export type RequestPhase = "idle" | "sent" | "created";

/** Why an attempt came to nothing; everything that policies decide on and that a turn's cause tells (INV-45). */
export type Failure =
  /** The upgrade was answered with another status than 101; `error` is the body and the Retry-After header. */
  | { readonly kind: "upgrade-refused"; readonly status: number; readonly error: ProtocolError }
  /** No answer to the upgrade: refused, reset, unresolvable, too late. */
  | { readonly kind: "connect-failed"; readonly message: string }
  /** 1005: a Close frame without a code; 1006: no Close frame (RFC 6455 §7.1.5). `detail` is what this side knows. */
  | {
      readonly kind: "connection-lost";
      readonly closeCode: number;
      readonly reason: string;
      readonly phase: RequestPhase;
      readonly detail?: string;
    }
  /** The server sent what is no event: a broken frame, text that is no JSON object, an endless response. */
  | { readonly kind: "bad-frame"; readonly message: string }
  /** An `error` frame ended the request. */
  | { readonly kind: "error-frame"; readonly error: ProtocolError }
  /** `response.failed`. */
  | { readonly kind: "response-failed"; readonly error: ProtocolError }
  /** `response.incomplete`, for example with the reason `max_output_tokens`. */
  | { readonly kind: "response-incomplete"; readonly reason: string }
  /** The create does not fit the send queue and was not written. */
  | { readonly kind: "too-large"; readonly sizeBytes: number; readonly sizeBytesMax: number }
  /** The caller aborted the turn. */
  | { readonly kind: "cancelled" };

/** The error that a server stated, whichever way it came; undefined where the server stated none. */
export function statedError(failure: Failure): ProtocolError | undefined {
  switch (failure.kind) {
    case "upgrade-refused":
    case "error-frame":
    case "response-failed":
      return failure.error;
    default:
      return undefined;
  }
}

const RETRY_HINT = /try again in (\d+(?:\.\d+)?) ?(ms|s)\b/i;

/** Milliseconds that the server asked to wait, by a header or by `"Please try again in 1.2s."` (protocol.md §3.7). */
export function retryAfterMsOf(failure: Failure): number | undefined {
  const error = statedError(failure);
  if (error === undefined || error.retryAfterMs !== undefined) return error?.retryAfterMs;
  const hint = RETRY_HINT.exec(error.message);
  if (hint === null) return undefined;
  return Number(hint[1]) * (hint[2]?.toLowerCase() === "ms" ? 1 : 1000);
}

/**
 * One line for people, with every code that was seen (INV-45).
 *
 * @example "connection lost: close code 1012 (service restart), the request was sent and not answered"
 */
export function describeFailure(failure: Failure): string {
  switch (failure.kind) {
    case "upgrade-refused":
      return `upgrade refused: HTTP ${failure.status}${describeError(failure.error)}`;
    case "connect-failed":
      return `connecting failed: ${failure.message}`;
    case "connection-lost": {
      const reason = [failure.reason, failure.detail].filter((part) => part !== undefined && part !== "").join(", ");
      const code = `close code ${failure.closeCode}${reason === "" ? "" : ` (${reason})`}`;
      return `connection lost: ${code}, ${PHASE_TEXT[failure.phase]}`;
    }
    case "bad-frame":
      return `unusable frame from the server: ${failure.message}`;
    case "error-frame":
      return `error from the server:${describeError(failure.error)}`;
    case "response-failed":
      return `the response failed:${describeError(failure.error)}`;
    case "response-incomplete":
      return `the response is incomplete: ${failure.reason}`;
    case "too-large":
      return `the request of ${failure.sizeBytes} bytes does not fit the send queue of ${failure.sizeBytesMax} bytes`;
    case "cancelled":
      return "cancelled";
  }
}

const PHASE_TEXT: Readonly<Record<RequestPhase, string>> = {
  idle: "no request was running",
  sent: "the request was sent and not answered",
  created: "the response had begun",
};

function describeError(error: ProtocolError): string {
  const param = error.param === undefined ? undefined : `param ${error.param}`;
  const known = [error.status, error.type, error.code, param].filter((part) => part !== undefined);
  return ` ${[...known, error.message].join(" · ")}`;
}
