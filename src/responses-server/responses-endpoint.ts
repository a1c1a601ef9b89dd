import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer } from "ws";

import { type Connection, openConnection } from "./connection.ts";
import { createIdentities } from "./identities.ts";
import type { ServerEvent } from "./server-event.ts";
import { type ResponsesEndpointOptions, resolveLimits, type ServerLimits } from "./server-options.ts";
import { createSessions } from "./session.ts";
import { answerAndEnd, endAtOnce } from "./stream-end.ts";
import { answerPlainRequest, judgeUpgrade } from "./upgrade-gate.ts";
import { bearerOf, httpError, type HttpRefusal, refusalBytes } from "./upgrade-request.ts";

/**
 * The server without a listening socket: it serves every stream that it is given.
 *
 * {@link openResponsesServer} gives it the sockets of a port; a simulation gives it streams of its own.
 */
export type ResponsesEndpoint = {
  /** The HTTP server; it listens nowhere until somebody makes it listen. */
  readonly httpServer: Server;
  /** Takes a connection that was accepted elsewhere. */
  accept(stream: Duplex): void;
  /** Number of connections that have been upgraded and are not closed. */
  connectionCount(): number;
  /** Closes every connection with 1001 and cuts what does not go at once. */
  close(): void;
};

/**
 * Opens the server's logic: upgrades, sessions, connections (protocol.md §10.1).
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function createResponsesEndpoint(options: ResponsesEndpointOptions): ResponsesEndpoint {
  const { clock } = options;
  const limits = resolveLimits(options);
  const tell = (event: ServerEvent): void => options.onEvent?.(event);
  const sessions = createSessions({ ...limits, scriptOf: (apiKey) => options.scriptOf(apiKey) });
  const connections = new Set<Connection>();
  const strangers = createIdentities("");
  const webSockets = createWebSockets(limits);
  const httpServer = createServer((request, response) => answerPlainRequest(request, response, strangers));
  const streams = trackStreams(httpServer);

  function refuse(stream: Duplex, refusal: HttpRefusal, apiKey?: string): void {
    tell({ kind: "upgrade-refused", status: refusal.error.status, ...(apiKey === undefined ? {} : { apiKey }) });
    answerAndEnd(stream, refusalBytes(refusal, strangers.next("req")), { clock, lingerMs: limits.closeTimeoutMs });
  }

  function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const session = judgeUpgrade(request, { sessions, isFull: connections.size >= limits.connectionsMax });
    if ("error" in session) {
      refuse(stream, session, bearerOf(request));
      return;
    }
    const requestId = session.identities.next("req");
    const addHeaders = (headers: string[]): void => void headers.push(`x-request-id: ${requestId}`);
    webSockets.once("headers", addHeaders);
    webSockets.handleUpgrade(request, stream, head, (socket) => {
      const onClosed = (connection: Connection): void => void connections.delete(connection);
      connections.add(openConnection({ socket, session, requestId, limits, tell, onClosed, clock }));
    });
    // A client that has hung up already makes handleUpgrade return without an answer.
    webSockets.off("headers", addHeaders);
  }

  httpServer.on("upgrade", upgrade);
  httpServer.on("clientError", (error: NodeJS.ErrnoException, stream: Duplex) => {
    refuse(stream, { error: httpError(statusOfBrokenRequest(error.code), "The request is not valid HTTP.") });
  });
  return {
    httpServer,
    accept: (stream) => void httpServer.emit("connection", stream),
    connectionCount: () => connections.size,
    close() {
      for (const connection of connections) connection.close(1001, "server going away");
      for (const stream of streams) endAtOnce(stream, clock);
    },
  };
}

function createWebSockets(limits: ServerLimits): WebSocketServer {
  const options = {
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: limits.messageSizeBytesMax,
    closeTimeout: limits.closeTimeoutMs,
    // No subprotocol is part of this API (protocol.md §1.1), so none is chosen.
    handleProtocols: (): false => false,
  };
  return new WebSocketServer(options);
}

function trackStreams(httpServer: Server): ReadonlySet<Duplex> {
  const streams = new Set<Duplex>();
  httpServer.on("connection", (stream: Duplex) => {
    streams.add(stream);
    stream.once("close", () => streams.delete(stream));
  });
  return streams;
}

function statusOfBrokenRequest(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}
