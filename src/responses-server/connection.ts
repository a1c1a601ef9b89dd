import type { RawData, WebSocket } from "ws";

import type { Clock, Timer } from "../determinism/clock.ts";
import { createConnectionCache } from "./conversation-memory.ts";
import { createFrameReceiver } from "./frame-receiver.ts";
import { createKeepAlive } from "./keep-alive.ts";
import { createLaneScheduler } from "./lane-scheduler.ts";
import { createOutgoing } from "./outgoing.ts";
import type { ServerEvent } from "./server-event.ts";
import type { ServerLimits } from "./server-options.ts";
import type { Session } from "./session.ts";
import { connectionLimitReached, errorFrame } from "./wire-error.ts";

/** One connection whose upgrade was accepted. */
export type Connection = {
  readonly session: Session;
  /** Index among the connections of its key, from 0. */
  readonly index: number;
  /** Begins a closing handshake; what runs on the connection is abandoned. */
  close(code: number, reason: string): void;
  /** Forgets what the connection remembers, as a server does that was started anew behind a proxy. */
  forget(): void;
};

/** What a connection is opened with. */
export type ConnectionStart = {
  readonly socket: WebSocket;
  readonly session: Session;
  readonly requestId: string;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly tell: (event: ServerEvent) => void;
  readonly onClosed: (connection: Connection) => void;
};

/** Serves one connection until it closes. */
export function openConnection(start: ConnectionStart): Connection {
  const { socket, session, clock, limits, tell } = start;
  const subject = { apiKey: session.apiKey, connection: session.nextConnection() };
  const cache = createConnectionCache();
  const ending = new AbortController();
  const { signal } = ending;
  let isAtCap = false;

  const outgoing = createOutgoing(socket, clock, { ...limits, onStalled: giveUp });
  const scheduler = createLaneScheduler(limits, () => {
    if (isAtCap) close(1000, "");
  });
  const receive = createFrameReceiver({
    host: { session, cache, outgoing, clock, signal, tell, connection: subject.connection, ...limits },
    limits,
    scheduler,
    capReached: () => isAtCap,
    close,
  });
  const ageTimer = startAging(clock, limits, reachAgeCap);
  const keepAlive = createKeepAlive(socket, clock, {
    ...limits,
    onTimeout: () => close(1011, "keepalive ping timeout"),
  });

  function reachAgeCap(): void {
    isAtCap = true;
    tell({ kind: "age-cap-reached", ...subject });
    outgoing.send(JSON.stringify(errorFrame(connectionLimitReached(limits.connectionAgeMsMax))));
    if (limits.atAgeCap === "cut" || scheduler.inFlightCount() === 0) close(1000, "");
  }

  function endWork(): void {
    scheduler.clear();
    ending.abort();
    ageTimer?.cancel();
    keepAlive.close();
  }

  function close(code: number, reason: string): void {
    if (signal.aborted) return;
    tell({ kind: "closing", ...subject, code, reason });
    endWork();
    socket.close(code, reason);
  }

  function giveUp(): void {
    close(1008, "the client does not read");
    // A client that does not read would not see the Close frame either.
    socket.terminate();
  }

  const connection: Connection = { session, index: subject.connection, close, forget: () => cache.forget() };
  tell({ kind: "connection-opened", ...subject, requestId: start.requestId });
  listen(socket, {
    onMessage(data, isBinary) {
      if (signal.aborted) return;
      if (isBinary) close(1003, "binary messages are not supported");
      else receive(data);
    },
    onClose(code, reason) {
      endWork();
      outgoing.close();
      start.onClosed(connection);
      tell({ kind: "connection-closed", ...subject, code, reason });
    },
  });
  return connection;
}

function startAging(clock: Clock, limits: ServerLimits, onReached: () => void): Timer | undefined {
  return limits.connectionAgeMsMax === 0 ? undefined : clock.startTimer(limits.connectionAgeMsMax, onReached);
}

function listen(
  socket: WebSocket,
  to: { onMessage(data: RawData, isBinary: boolean): void; onClose(code: number, reason: string): void },
): void {
  socket.on("message", (data, isBinary) => to.onMessage(data, isBinary));
  // `ws` answers a broken frame with its close code itself (1002, 1007, 1009); the close event reports it.
  socket.on("error", () => undefined);
  socket.on("close", (code, reason) => to.onClose(code, reason.toString("utf8")));
}
