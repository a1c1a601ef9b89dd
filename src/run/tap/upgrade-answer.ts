import { readRetryAfterMs } from "../../protocol/error-shapes.ts";
import type { DialRejection } from "../backend.ts";
import type { HttpHead } from "./http-head.ts";

/** The HTTP answer of a dial that is turned away with a status. */
export function encodeRefusal(how: Exclude<DialRejection["how"], string>): Buffer {
  const body = JSON.stringify({
    error: {
      message: `The upgrade was refused with status ${how.status}.`,
      type: "server_error",
      param: null,
      code: null,
    },
  });
  const retryAfter = how.retryAfterSeconds === undefined ? "" : `Retry-After: ${how.retryAfterSeconds}\r\n`;
  const location = how.location === undefined ? "" : `Location: ${how.location}\r\n`;
  return Buffer.from(
    `HTTP/1.1 ${how.status} Refused\r\nContent-Type: application/json\r\n${retryAfter}${location}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** What an answer says of the time to wait, for its event. */
export type WaitHint = { readonly retryAfterMs?: number };

/** The hint of a dial that is turned away. */
export function hintOfRefusal({ retryAfterSeconds }: Exclude<DialRejection["how"], string>): WaitHint {
  return retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 };
}

/** The hint of a server's own answer. */
export function hintOfAnswer({ headers }: HttpHead): WaitHint {
  const retryAfterMs = readRetryAfterMs(Object.fromEntries(headers));
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

/** The answer with another key than the one that the client's own key asks for (RFC 6455 §4.1), of the same length. */
export function withWrongAcceptKey(head: Buffer): Buffer {
  const text = head.toString("latin1");
  return Buffer.from(text.replace(/^(sec-websocket-accept:\s*)\S+/im, `$1${"A".repeat(27)}=`), "latin1");
}
