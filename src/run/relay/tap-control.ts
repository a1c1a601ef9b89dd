import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { type WebSocket, WebSocketServer } from "ws";

import { HarnessError, messageOf } from "../../errors.ts";
import type { EventLog } from "../../responses-server/event-log.ts";
import type { TapEvent } from "./tap-steering.ts";

/** The largest message of the channel in bytes: a chunk of a socket, or what a fault makes of it. */
const MESSAGE_SIZE_BYTES_MAX: number = 80 * 1024 * 1024;
/** How much of an event stream may wait to be read before it is cut, in bytes. */
const UNREAD_EVENTS_SIZE_BYTES_MAX = 16 * 1024 * 1024;

/** What the control API of a tap tells, and who takes the channels that are opened to it. */
export type TapControlParts = {
  readonly events: EventLog<TapEvent>;
  readonly slots: number;
  welcome(channel: WebSocket): void;
};

/**
 * Opens the control API of a tap; see `tap-server.ts` for what it serves.
 *
 * @throws HarnessError `HARNESS_PORT_IN_USE`
 */
export async function openTapControl(
  { host, port }: { readonly host: string; readonly port: number },
  parts: TapControlParts,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const streams = new Set<Duplex>();
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_SIZE_BYTES_MAX,
  });
  const server = createServer((request, response) => answer(request, response, parts));
  server.on("connection", (stream) => {
    streams.add(stream);
    stream.setNoDelay(true);
    stream.once("close", () => streams.delete(stream));
  });
  server.on("upgrade", (request, stream, head) => {
    if (request.headers.origin !== undefined || request.url !== "/steer") stream.destroy();
    else webSockets.handleUpgrade(request, stream, head, (channel) => parts.welcome(channel));
  });
  await listenOn(server, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const stream of streams) stream.destroy();
      await closed;
    },
  };
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const message = `The tap's control API cannot listen on ${host}:${port}: ${messageOf(error)}. Choose another port.`;
    throw new HarnessError("HARNESS_PORT_IN_USE", message, { details: { host, port }, cause: error });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, { events, slots }: TapControlParts): void {
  request.resume();
  const url = new URL(request.url ?? "/", "http://control");
  const after = Number(url.searchParams.get("after") ?? -1);
  if (request.headers.origin !== undefined) {
    respond(response, 403, { error: { message: "The control API serves no web pages." } });
  } else if (request.method === "GET" && url.pathname === "/health") {
    respond(response, 200, { slots });
  } else if (request.method === "GET" && url.pathname === "/events" && Number.isInteger(after)) {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    // Without a first byte a reader would not learn that it is connected before something happens.
    response.flushHeaders();
    const stop = events.follow(after, (entry) => {
      response.write(`${JSON.stringify(entry)}\n`);
      if (response.writableLength > UNREAD_EVENTS_SIZE_BYTES_MAX) response.destroy();
    });
    response.on("close", stop);
  } else {
    respond(response, 404, { error: { message: "There is GET /health, GET /events?after=N and the channel /steer." } });
  }
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
