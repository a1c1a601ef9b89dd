import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer } from "ws";

import { messageOf } from "../errors.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { Connection, type ConnectionStart } from "./connection.ts";
import { actAtOnce } from "./connection-acts.ts";
import { createHoldList } from "./hold-list.ts";
import { createIdentities } from "./identities.ts";
import { createOrderBook } from "./order-book.ts";
import { createServerControl, type ServerControl } from "./server-control.ts";
import type { ServerEvent } from "./server-event.ts";
import { type ResponsesEndpointOptions, resolveLimits, type ServerLimits } from "./server-options.ts";
import { createSessions, type Session } from "./session.ts";
import { answerAndEnd, endAtOnce } from "./stream-end.ts";
import { answerPlainRequest, judgeUpgrade, obeyBeforeUpgrade } from "./upgrade-gate.ts";
import { bearerOf, httpError, type HttpRefusal, refusalBytes } from "./upgrade-request.ts";

/**
 * The server without a listening socket: it serves every stream that it is given.
 *
 * {@link openResponsesServer} gives it the sockets of a port; a simulation gives it streams of its own.
 */
export type ResponsesEndpoint = {
  /** The HTTP server; it listens nowhere until somebody makes it listen. */
  readonly httpServer: Server;
  /** Conversations, orders and holds. */
  readonly control: ServerControl;
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
  const scripts = new Map<string, SessionScript>();
  const scriptOf = (apiKey: string): SessionScript | undefined => scripts.get(apiKey) ?? options.scriptOf(apiKey);
  const sessions = createSessions({ ...limits, identitySalt: options.identitySalt, scriptOf });
  const connections = new Set<Connection>();
  const strangers = createIdentities("");
  const orders = createOrderBook();
  const holds = createHoldList(clock, tell);
  const httpServer = createServer((request, response) => answerPlainRequest(request, response, strangers));
  const streams = trackStreams(httpServer);
  const accept = createAcceptor({ limits, clock, orders, holds, tell, connections });

  function refuse(stream: Duplex, refusal: HttpRefusal, apiKey?: string): void {
    tell({ kind: "upgrade-refused", status: refusal.error.status, ...(apiKey === undefined ? {} : { apiKey }) });
    answerAndEnd(stream, refusalBytes(refusal, strangers.next("req")), { clock, lingerMs: limits.closeTimeoutMs });
  }

  async function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const session = judgeUpgrade(request, { sessions, isFull: connections.size >= limits.connectionsMax });
    if ("error" in session) {
      refuse(stream, session, bearerOf(request));
      return;
    }
    if (!orders.isEmpty()) {
      stream.on("error", () => stream.destroy());
      const refusal = await obeyBeforeUpgrade(stream, session.apiKey, { orders, holds, clock, tell });
      if (stream.destroyed || !stream.writable) return;
      if (refusal !== undefined) {
        refuse(stream, refusal, session.apiKey);
        return;
      }
    }
    accept(session, { request, stream, head });
  }

  httpServer.on("upgrade", (request, stream, head) => {
    upgrade(request, stream, head).catch((error: unknown) => assert.fail(`an upgrade failed: ${messageOf(error)}`));
  });
  httpServer.on("clientError", (error: NodeJS.ErrnoException, stream: Duplex) => {
    refuse(stream, { error: httpError(statusOfBrokenRequest(error.code), "The request is not valid HTTP.") });
  });
  return {
    httpServer,
    control: createServerControl({ sessions, connections, orders, holds, scripts, tell }),
    accept: (stream) => void httpServer.emit("connection", stream),
    connectionCount: () => connections.size,
    close() {
      for (const connection of connections) connection.acts.close(1001, "server going away");
      for (const stream of streams) endAtOnce(stream, clock);
    },
  };
}

type Upgrade = { readonly request: IncomingMessage; readonly stream: Duplex; readonly head: Buffer };

type AcceptorParts = Pick<ConnectionStart, "limits" | "clock" | "orders" | "holds" | "tell"> & {
  readonly connections: Set<Connection>;
};

/** Answers upgrades with 101 and serves the connections that they become. */
function createAcceptor(parts: AcceptorParts): (session: Session, upgrade: Upgrade) => void {
  const { limits, connections, orders, tell } = parts;
  const webSockets = createWebSockets(limits);
  return (session, { request, stream, head }) => {
    const requestId = session.identities.next("req");
    const addHeaders = (headers: string[]): void => {
      headers.push(`x-request-id: ${requestId}`);
      for (const [name, value] of Object.entries(limits.upgradeHeaders)) headers.push(`${name}: ${value}`);
    };
    webSockets.once("headers", addHeaders);
    webSockets.handleUpgrade(request, stream, head, (socket) => {
      const onClosed = (connection: Connection): void => void connections.delete(connection);
      const connection = new Connection({ ...parts, socket, stream, session, requestId, onClosed });
      connections.add(connection);
      const { apiKey } = session;
      for (const { id, action } of orders.take({ apiKey, connection: connection.index, ...UPGRADED })) {
        tell({ kind: "order-applied", order: id, action: action.kind });
        actAtOnce(connection.acts, action);
      }
    });
    // A client that has hung up already makes handleUpgrade return without an answer.
    webSockets.off("headers", addHeaders);
  };
}

const UPGRADED = { type: "upgrade", point: "P1", edge: "after" } as const;

function createWebSockets(limits: ServerLimits): WebSocketServer {
  const options = {
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: limits.messageSizeBytesMax,
    closeTimeout: limits.closeTimeoutMs,
    // No subprotocol is part of this API (protocol.md §1.1), so none is chosen.
    handleProtocols: (): false => false,
    // The library cuts a client that sends many pings at once; here they are answered by the connection.
    autoPong: false,
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
