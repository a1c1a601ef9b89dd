import type { WebSocket } from "ws";

import type { Clock, Timer } from "../determinism/clock.ts";

/**
 * The server's pings on one connection (protocol.md §1.3: the service closes with 1011 "keepalive ping timeout").
 *
 * A ping goes out `pingIntervalMs` after the last pong; when its pong takes longer than `pongTimeoutMs`, `onTimeout`
 * is called once and nothing more is sent.
 */
export type KeepAlive = { close(): void };

/** Starts the pings; an interval of 0 means none. */
export function createKeepAlive(
  socket: WebSocket,
  clock: Clock,
  options: { readonly pingIntervalMs: number; readonly pongTimeoutMs: number; onTimeout(): void },
): KeepAlive {
  if (options.pingIntervalMs === 0) return { close: () => undefined };
  let timer: Timer = clock.startTimer(options.pingIntervalMs, ping);
  let isClosed = false;
  let isWaiting = false;

  function ping(): void {
    if (isClosed) return;
    isWaiting = true;
    socket.ping();
    timer = clock.startTimer(options.pongTimeoutMs, () => {
      isClosed = true;
      options.onTimeout();
    });
  }

  socket.on("pong", () => {
    if (isClosed || !isWaiting) return;
    isWaiting = false;
    timer.cancel();
    timer = clock.startTimer(options.pingIntervalMs, ping);
  });
  return {
    close() {
      isClosed = true;
      timer.cancel();
    },
  };
}
