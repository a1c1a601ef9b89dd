import type { IncomingMessage } from "node:http";

import { type ProtocolError, readErrorFrame, readRetryAfterMs } from "../protocol/error-shapes.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { Failure } from "./failure.ts";

const BODY_SIZE_BYTES_MAX = 65_536;

/**
 * Reads the answer to an upgrade that is not 101: status, Retry-After, and the error in the body if there is one
 * (protocol.md §1.4). Calls back once, at the end of the body, at its bound, or when it breaks off.
 */
export function readRefusedUpgrade(response: IncomingMessage, done: (failure: Failure) => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let isDone = false;

  function finish(): void {
    if (isDone) return;
    isDone = true;
    const status = response.statusCode ?? 0;
    done({ kind: "upgrade-refused", status, error: readError(response, Buffer.concat(chunks).toString("utf8")) });
  }

  response.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_SIZE_BYTES_MAX) chunks.push(chunk);
    else finish();
  });
  response.on("end", finish);
  response.on("error", finish);
  response.on("close", finish);
}

function readError(response: IncomingMessage, body: string): ProtocolError {
  const frame = parseJsonObject(body);
  const stated = frame === undefined ? undefined : readErrorFrame(frame);
  const retryAfterMs = readRetryAfterMs(response.headers) ?? stated?.retryAfterMs;
  const message = frame === undefined ? (response.statusMessage ?? "") : stated?.message;
  return { ...stated, message: message ?? "", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
