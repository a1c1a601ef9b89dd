import type { WebSocket } from "ws";

import type { Clock, Timer } from "../determinism/clock.ts";

/**
 * The server's pings on one connection (protocol.md §1.3: the service closes with 1011 "keepalive ping timeout").
 *
 * A ping goes out `pingIntervalMs` after the last pong; when its pong takes longer than `pongTimeoutMs`, `onTimeout`
 * is called once and nothing more is sent.
 */
export type KeepAlive = {
  /** Sends nothing and expects nothing until it is resumed, as a process that is stopped. */
  suspend(): void;
  resume(): void;
  close(): void;
};

/** Starts the pings; an interval of 0 means none. */
export function createKeepAlive(
  socket: WebSocket,
  clock: Clock,
  options: { readonly pingIntervalMs: number; readonly pongTimeoutMs: number; onTimeout(): void },
): KeepAlive {
  let timer: Timer | undefined;
  let isRunning = false;
  let isWaiting = false;

  function startPause(): void {
    isWaiting = false;
    timer?.cancel();
    timer = clock.startTimer(options.pingIntervalMs, ping);
  }

  function ping(): void {
    isWaiting = true;
    socket.ping();
    timer = clock.startTimer(options.pongTimeoutMs, () => {
      suspend();
      options.onTimeout();
    });
  }

  function suspend(): void {
    isRunning = false;
    timer?.cancel();
  }

  function resume(): void {
    if (isRunning || options.pingIntervalMs === 0) return;
    isRunning = true;
    startPause();
  }

  socket.on("pong", () => {
    if (isRunning && isWaiting) startPause();
  });
  resume();
  return { suspend, resume, close: suspend };
}

/** Pongs that may wait at once; further pings are passed over, as `ws` itself does it. */
const PONGS_MAX = 60;

/**
 * Answers pings late, or never (protocol.md §10.1 item 10); for a server whose socket does not answer them itself.
 *
 * The answers end with the signal.
 */
export function answerPingsLate(
  socket: WebSocket,
  clock: Clock,
  options: { readonly delayMs: number | "never"; readonly signal: AbortSignal },
): void {
  const timers = new Set<Timer>();
  const { delayMs } = options;
  if (delayMs === "never") return;
  socket.on("ping", (data) => {
    if (timers.size >= PONGS_MAX || options.signal.aborted) return;
    const timer = clock.startTimer(delayMs, () => {
      timers.delete(timer);
      socket.pong(data);
    });
    timers.add(timer);
  });
  options.signal.addEventListener("abort", () => timers.forEach((timer) => timer.cancel()), { once: true });
}
