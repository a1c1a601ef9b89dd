import { setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";

import type { WebSocket } from "ws";

import type { Clock, Timer } from "../determinism/clock.ts";
import { OVER } from "../determinism/waiting.ts";
import type { ConnectionActs } from "./connection-acts.ts";
import { type ConnectionCache, createConnectionCache } from "./conversation-memory.ts";
import { errorFrame } from "./error-shape.ts";
import { createFrameReceiver } from "./frame-receiver.ts";
import type { HoldList } from "./hold-list.ts";
import { answerPings, createKeepAlive, type KeepAlive } from "./keep-alive.ts";
import { createLaneScheduler, type LaneScheduler } from "./lane-scheduler.ts";
import type { OrderBook } from "./order-book.ts";
import { createOutgoing, type Outgoing } from "./outgoing.ts";
import type { ResponseHost } from "./response-host.ts";
import type { ServerEvent } from "./server-event.ts";
import type { ServerLimits } from "./server-options.ts";
import type { Session } from "./session.ts";
import { createSteerDesk } from "./steer-desk.ts";
import { cutStream } from "./stream-end.ts";
import { connectionLimitReached } from "./wire-error.ts";

/** What a connection is opened with. */
export type ConnectionStart = {
  readonly socket: WebSocket;
  /** What the socket reads from and writes to. */
  readonly stream: Duplex;
  readonly session: Session;
  readonly requestId: string;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly orders: OrderBook;
  readonly holds: HoldList;
  readonly tell: (event: ServerEvent) => void;
  readonly onClosed: (connection: Connection) => void;
};

/** One connection whose upgrade was accepted; it is served until it closes. */
export class Connection {
  readonly session: Session;
  /** Index among the connections of its key, from 0. */
  readonly index: number;
  /** What orders and the control do to it. */
  readonly acts: ConnectionActs;
  readonly #start: ConnectionStart;
  readonly #subject: { readonly apiKey: string; readonly connection: number };
  readonly #cache: ConnectionCache = createConnectionCache();
  readonly #ending = new AbortController();
  readonly #outgoing: Outgoing;
  readonly #scheduler: LaneScheduler;
  readonly #keepAlive: KeepAlive;
  readonly #ageTimer: Timer | undefined;
  #thawTimer: Timer | undefined;
  #isAtCap = false;

  constructor(start: ConnectionStart) {
    const { socket, session, clock, limits } = start;
    this.#start = start;
    // Each response that waits listens to the signal; the limits bound how many there are.
    setMaxListeners(0, this.#ending.signal);
    this.session = session;
    this.index = session.nextConnection();
    this.#subject = { apiKey: session.apiKey, connection: this.index };
    this.acts = this.#createActs();
    this.#outgoing = createOutgoing(socket, clock, {
      bufferedSizeBytesMax: limits.bufferedSizeBytesMax,
      stalledWriteMsMax: limits.stalledWriteMsMax,
      stream: start.stream,
      onStalled: () => this.#giveUp(),
    });
    this.#scheduler = createLaneScheduler(limits, () => {
      if (this.#isAtCap) this.acts.close(1000, "");
    });
    this.#keepAlive = createKeepAlive(socket, clock, {
      pingIntervalMs: limits.pingIntervalMs,
      pongTimeoutMs: limits.pongTimeoutMs,
      onTimeout: () => this.acts.close(1011, "keepalive ping timeout"),
    });
    answerPings(socket, clock, { delayMs: limits.pongDelayMs, signal: this.#ending.signal });
    if (limits.connectionAgeMsMax > 0) {
      this.#ageTimer = clock.startTimer(limits.connectionAgeMsMax, () => this.#reachAgeCap());
    }
    this.#listen();
    start.tell({ kind: "connection-opened", ...this.#subject, requestId: start.requestId });
  }

  /** Forgets the responses it remembers, as a server does that was started anew behind a proxy. */
  forget(): void {
    this.#cache.forget();
  }

  #listen(): void {
    const { socket, tell } = this.#start;
    const receive = createFrameReceiver({
      host: this.#createHost(),
      scheduler: this.#scheduler,
      capReached: () => this.#isAtCap,
    });
    socket.on("message", (data, isBinary) => {
      if (this.#ending.signal.aborted) return;
      if (isBinary) this.acts.close(1003, "binary messages are not supported");
      else receive(data);
    });
    // `ws` answers a broken frame with its close code itself (1002, 1007, 1009); the close event reports it.
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => {
      this.#endWork();
      this.#thawTimer?.cancel();
      this.#outgoing.close();
      this.#start.onClosed(this);
      tell({ kind: "connection-closed", ...this.#subject, code, reason: reason.toString("utf8") });
    });
  }

  #createHost(): ResponseHost {
    const { clock, limits, orders, holds, tell } = this.#start;
    return {
      session: this.session,
      connection: this.index,
      cache: this.#cache,
      outgoing: this.#outgoing,
      acts: this.acts,
      steers: createSteerDesk(),
      signal: this.#ending.signal,
      clock,
      limits,
      orders,
      holds,
      tell,
    };
  }

  #createActs(): ConnectionActs {
    return {
      close: (code, reason) => this.#close(code, reason),
      cut: (how) => this.#cut(how),
      freeze: (forMs) => this.#freeze(forMs),
      thaw: () => this.#thaw(),
      sendError: (error, { shape, ...place } = {}) => {
        this.#outgoing.send(JSON.stringify(errorFrame(error, place, shape ?? this.#start.limits.errorShape)));
      },
    };
  }

  #close(code: number, reason: string): void {
    if (this.#ending.signal.aborted) return;
    this.#start.tell({ kind: "closing", ...this.#subject, code, reason });
    this.#endWork();
    if (code === 1005) this.#start.socket.close();
    else this.#start.socket.close(code, reason);
  }

  #cut(how: "reset" | "end"): void {
    this.#endWork();
    cutStream(this.#start.stream, how);
  }

  #freeze(forMs: number | undefined): void {
    this.#thawTimer?.cancel();
    this.#keepAlive.suspend();
    this.#outgoing.freeze();
    if (forMs !== undefined) this.#thawTimer = this.#start.clock.startTimer(forMs, () => this.#thaw());
  }

  #thaw(): void {
    this.#thawTimer?.cancel();
    this.#outgoing.thaw();
    if (!this.#ending.signal.aborted) this.#keepAlive.resume();
  }

  #reachAgeCap(): void {
    const { limits, tell } = this.#start;
    this.#isAtCap = true;
    tell({ kind: "age-cap-reached", ...this.#subject });
    this.acts.sendError(connectionLimitReached(limits.connectionAgeMsMax));
    if (limits.atAgeCap === "cut" || this.#scheduler.inFlightCount() === 0) this.acts.close(1000, "");
  }

  #giveUp(): void {
    this.acts.close(1008, "the client does not read");
    // A client that does not read would not see the Close frame either.
    this.#start.socket.terminate();
  }

  #endWork(): void {
    this.#scheduler.clear();
    this.#ending.abort(OVER);
    this.#ageTimer?.cancel();
    this.#keepAlive.close();
  }
}
