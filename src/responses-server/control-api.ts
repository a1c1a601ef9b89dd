import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { HarnessError, messageOf } from "../errors.ts";
import type { Clock } from "../determinism/clock.ts";
import { answerControlRequest, type ControlAnswer } from "./control-routes.ts";
import type { EventLog } from "./event-log.ts";
import type { ServerControl } from "./server-control.ts";
import { endAtOnce } from "./stream-end.ts";

/** What a control API is opened with. */
export type ControlApiOptions = {
  /** `"127.0.0.1"` where absent: whoever reaches the API can do everything with the server. */
  readonly host?: string;
  /** 0..65535; 0, also where absent, takes any free port. */
  readonly port?: number;
  readonly clock: Clock;
  readonly control: ServerControl;
  /** What the server told so far; `GET /events` reads it and follows it. */
  readonly events: EventLog;
};

/** A control API that listens. */
export type ControlApi = {
  /** `"http://127.0.0.1:40124"` */
  readonly url: string;
  readonly port: number;
  /** Ends every request and stops listening. */
  close(): Promise<void>;
};

/** Largest body of a request, in bytes. */
export const CONTROL_BODY_SIZE_BYTES_MAX: number = 16 * 1024 * 1024;

/** How much of an event stream may wait to be read before it is cut, in bytes. */
const UNREAD_EVENTS_SIZE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Starts the HTTP control of a reference server, for a harness in another process. Bodies are JSON.
 *
 * - `GET /connections` · `GET /orders` · `GET /holds`
 * - `PUT /scripts/KEY` with a conversation · `DELETE /scripts/KEY`
 * - `POST /orders` with an order: `{"id":"order_1","connections":0}` · `DELETE /orders/ID`
 * - `POST /holds/ID/release`: `{"released":1}`
 * - `POST /sessions/KEY/forget` with `{"what":"connections"|"store"|"all"}`
 * - `POST /sessions/KEY/reuse-call-ids`
 * - `GET /sessions/KEY/store`: what `store: true` keeps, `{"responses":[{"responseId":…,"items":[…],"tokens":N}]}` ·
 *   `PUT /sessions/KEY/store` with the same, on a server that is to remember what another one did
 * - `GET /events?after=N`: JSON lines `{"index":N,"event":{…}}`, from the one behind N on, and then as they happen
 *
 * A wrong request gets 400, 404 or 413 with `{"error":{"code":"HARNESS_…","message":"…"}}`; a request of a web page,
 * which carries an `Origin`, gets 403.
 *
 * @throws HarnessError `HARNESS_PORT_IN_USE`
 */
export async function openControlApi(options: ControlApiOptions): Promise<ControlApi> {
  const { clock } = options;
  const host = options.host ?? "127.0.0.1";
  const streams = new Set<Duplex>();
  const httpServer = createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, problem(500, "HARNESS_INVALID_OPTION", messageOf(error)));
      else response.destroy();
    });
  });
  httpServer.on("connection", (stream) => {
    streams.add(stream);
    stream.once("close", () => streams.delete(stream));
  });
  try {
    httpServer.listen(options.port ?? 0, host);
    await once(httpServer, "listening");
  } catch (error) {
    const message = `The control API cannot listen on ${host}:${options.port ?? 0}: ${messageOf(error)}. Choose another port.`;
    throw new HarnessError("HARNESS_PORT_IN_USE", message, { cause: error });
  }
  const { port } = httpServer.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    async close() {
      closing ??= new Promise((resolve) => {
        httpServer.close(() => resolve());
        for (const stream of streams) endAtOnce(stream, clock);
      });
      await closing;
    },
  };
}

async function serve(options: ControlApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.headers.origin !== undefined) {
    send(response, problem(403, "HARNESS_INVALID_OPTION", "The control API serves no web pages."));
    return;
  }
  const url = parseTarget(request.url ?? "/");
  if (url === undefined) {
    send(response, problem(400, "HARNESS_INVALID_OPTION", "The target of the request is not a URL."));
    return;
  }
  if (request.method === "GET" && url.pathname === "/events") {
    followEvents(options.events, Number(url.searchParams.get("after") ?? -1), response);
    return;
  }
  const body = await readBody(request);
  if (body === undefined) {
    send(response, problem(413, "HARNESS_INVALID_OPTION", `A body has at most ${CONTROL_BODY_SIZE_BYTES_MAX} bytes.`));
    return;
  }
  const path = url.pathname.split("/").slice(1).map(decodeSegment);
  send(response, answerControlRequest(options.control, { method: request.method ?? "GET", path, body }));
}

function followEvents(events: EventLog, after: number, response: ServerResponse): void {
  if (!Number.isInteger(after)) {
    send(response, problem(400, "HARNESS_INVALID_OPTION", "'after' has to be a whole number."));
    return;
  }
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  // Without a first byte a reader would not learn that it is connected before something happens.
  response.flushHeaders();
  const stop = events.follow(after, (entry) => {
    response.write(`${JSON.stringify(entry)}\n`);
    if (response.writableLength > UNREAD_EVENTS_SIZE_BYTES_MAX) response.destroy();
  });
  response.on("close", stop);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    sizeBytes += bytes.length;
    // The rest is read and dropped, so that the answer reaches a client that is still writing.
    if (sizeBytes <= CONTROL_BODY_SIZE_BYTES_MAX) chunks.push(bytes);
  }
  return sizeBytes <= CONTROL_BODY_SIZE_BYTES_MAX ? Buffer.concat(chunks).toString("utf8") : undefined;
}

function parseTarget(target: string): URL | undefined {
  return URL.canParse(target, "http://control") ? new URL(target, "http://control") : undefined;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function problem(status: number, code: string, message: string): ControlAnswer {
  return { status, body: { error: { code, message } } };
}

function send(response: ServerResponse, answer: ControlAnswer): void {
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(JSON.stringify(answer.body));
}
