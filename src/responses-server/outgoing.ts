import type { Duplex } from "node:stream";

import type { WebSocket } from "ws";

import type { Clock, Timer } from "../determinism/clock.ts";

/** How much may wait to be read by a client, and for how long. */
export type OutgoingLimits = { readonly bufferedSizeBytesMax: number; readonly stalledWriteMsMax: number };

/** What the sending side of a connection is opened with. */
export type OutgoingOptions = OutgoingLimits & { readonly stream: Duplex; onStalled(): void };

/**
 * The sending side of one connection, with a bound.
 *
 * When more than `bufferedSizeBytesMax` bytes wait for a client that does not read, the server stops writing *and*
 * reading, and goes on when they are gone. When that takes longer than `stalledWriteMsMax`, the client counts as gone:
 * `onStalled` is called once.
 */
export type Outgoing = {
  send(text: string): void;
  hasRoom(): boolean;
  /** Resolves when there is room again, or when the connection ends. */
  room(): Promise<void>;
  /** Writes and reads nothing until it is thawed, as a process that is stopped; freezing twice is freezing once. */
  freeze(): void;
  thaw(): void;
  close(): void;
};

/** Opens the sending side of a socket; `stream` is what the socket writes to. */
export function createOutgoing(socket: WebSocket, clock: Clock, options: OutgoingOptions): Outgoing {
  let waiters: (() => void)[] = [];
  let stall: Timer | undefined;
  let isClosed = false;
  let isFrozen = false;

  const hasRoom = (): boolean => socket.bufferedAmount <= options.bufferedSizeBytesMax;

  function beginStall(): void {
    if (stall !== undefined || isClosed) return;
    socket.pause();
    stall = clock.startTimer(options.stalledWriteMsMax, () => options.onStalled());
  }

  function afterWrite(): void {
    if (stall === undefined || !hasRoom()) return;
    stall.cancel();
    stall = undefined;
    if (!isClosed && !isFrozen) socket.resume();
    release();
  }

  function release(): void {
    const released = waiters;
    waiters = [];
    for (const waiter of released) waiter();
  }

  return {
    hasRoom,
    send(text) {
      // The callback comes when the operating system took the bytes, or when the connection ended; both end a wait.
      socket.send(text, afterWrite);
      if (!hasRoom()) beginStall();
    },
    async room() {
      if (isClosed || hasRoom()) return;
      beginStall();
      await new Promise<void>((resolve) => waiters.push(resolve));
    },
    freeze() {
      if (isFrozen || isClosed) return;
      isFrozen = true;
      options.stream.cork();
      socket.pause();
    },
    thaw() {
      if (!isFrozen) return;
      isFrozen = false;
      options.stream.uncork();
      if (!isClosed && stall === undefined) socket.resume();
    },
    close() {
      isClosed = true;
      stall?.cancel();
      release();
    },
  };
}
