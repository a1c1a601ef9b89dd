import type { IncomingMessage } from "node:http";

import type { OrderAction, RefusalStatus } from "./server-order.ts";
import { httpErrorBody, type WireError } from "./wire-error.ts";

/** The path of the Responses API, over HTTP and over WebSocket alike (protocol.md §1.1). */
export const RESPONSES_PATH = "/v1/responses";

/** What an upgrade request is answered with instead of 101. */
export type HttpRefusal = { readonly error: WireError; readonly headers?: Readonly<Record<string, string>> };

/** The bytes of a refusal, for a socket that Node has handed over; the connection ends behind them. */
export function refusalBytes(refusal: HttpRefusal, requestId: string): string {
  const body = JSON.stringify(httpErrorBody(refusal.error));
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    "x-request-id": requestId,
    ...refusal.error.headers,
    ...refusal.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${refusal.error.status} ${reasonOf(refusal.error.status)}\r\n${lines.join("")}\r\n${body}`;
}

/** The path of a request without its query; a request needs no query, and one is passed over. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0] ?? "";
}

/** The credential of `Authorization: Bearer KEY`, or undefined where there is none (protocol.md §1.2). */
export function bearerOf(request: IncomingMessage): string | undefined {
  const match = /^Bearer +(\S{1,512})$/i.exec((request.headers.authorization ?? "").trim());
  return match?.[1];
}

/**
 * What is wrong with an upgrade as HTTP and WebSocket see it: method, path, handshake (RFC 6455 §4.2.1, §4.4).
 *
 * A plain GET of the path is asked to upgrade with 426; other methods have no route here.
 */
export function handshakeProblem(request: IncomingMessage): HttpRefusal | undefined {
  if (pathOf(request) !== RESPONSES_PATH || request.method !== "GET") return { error: noRoute(request) };
  if ((request.headers.upgrade ?? "").toLowerCase() !== "websocket") return upgradeRequired();
  if (request.headers["sec-websocket-version"] !== "13") {
    return {
      error: httpError(426, "Only version 13 of the WebSocket protocol is supported."),
      headers: { upgrade: "websocket", "sec-websocket-version": "13" },
    };
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(request.headers["sec-websocket-key"] ?? "")) {
    return { error: httpError(400, "Missing or invalid Sec-WebSocket-Key header.") };
  }
  return undefined;
}

/** The answer to a GET that asks for no upgrade. */
export function upgradeRequired(): HttpRefusal {
  return {
    error: httpError(426, `Upgrade to WebSocket to use GET ${RESPONSES_PATH}.`),
    headers: { upgrade: "websocket" },
  };
}

/** The answer to a method and path that the server does not have. */
export function noRoute(request: IncomingMessage): WireError {
  return httpError(404, `Invalid URL (${request.method ?? "GET"} ${pathOf(request).slice(0, 256)})`);
}

/** The answer that was ordered for an upgrade, with the words that go with its status (protocol.md §1.4). */
export function orderedRefusal(order: Extract<OrderAction, { kind: "refuse" }>): HttpRefusal {
  const said = REFUSALS[order.status];
  const wait = order.retryAfterSeconds;
  return {
    error: {
      status: order.status,
      type: said.type,
      code: order.code ?? said.code,
      message: said.message,
      param: null,
    },
    headers: {
      ...(wait === undefined ? {} : { "retry-after": String(wait) }),
      ...(order.status === 426 ? { upgrade: "websocket" } : {}),
    },
  };
}

type RefusalWords = { readonly type: string; readonly code: string | null; readonly message: string };

const REFUSALS: Readonly<Record<RefusalStatus, RefusalWords>> = {
  401: { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided." },
  403: { type: "invalid_request_error", code: null, message: "You are not allowed to use this API." },
  404: { type: "invalid_request_error", code: null, message: `Invalid URL (GET ${RESPONSES_PATH})` },
  426: { type: "invalid_request_error", code: null, message: "WebSocket is not available here. Use HTTP." },
  429: { type: "rate_limit_error", code: "rate_limit_exceeded", message: "Rate limit reached. Try again later." },
  500: { type: "server_error", code: null, message: "The server had an error while processing your request." },
  502: { type: "server_error", code: null, message: "The server had an error while processing your request." },
  503: {
    type: "service_unavailable_error",
    code: "server_is_overloaded",
    message: "The server is overloaded. Try again later.",
  },
};

/** The answer to a missing key, or to one that no conversation belongs to. */
export function wrongKey(isMissing: boolean): WireError {
  return isMissing
    ? httpError(401, "You didn't provide an API key. Send it as 'Authorization: Bearer KEY'.")
    : { ...httpError(401, "Incorrect API key provided."), code: "invalid_api_key" };
}

/** The answer when the server holds as many connections or keys as it may. */
export function serverFull(): WireError {
  return orderedRefusal({ kind: "refuse", status: 503 }).error;
}

/** An error of an HTTP answer, of type `invalid_request_error`. */
export function httpError(status: number, message: string): WireError {
  return { status, type: "invalid_request_error", code: null, message, param: null };
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

function reasonOf(status: number): string {
  return REASONS[status] ?? "Refused";
}
