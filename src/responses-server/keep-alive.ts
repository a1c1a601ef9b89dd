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

/** Pongs that may be on their way at once. */
const PONGS_MAX = 60;

/**
 * Answers the pings of a client: at once, late, or never (protocol.md §10.1 item 10).
 *
 * When more come than can be answered, the newest is answered as soon as there is room and those before it are passed
 * over, which RFC 6455 §5.5.3 allows; so pings cost no memory. The answers end with the signal.
 */
export function answerPings(
  socket: WebSocket,
  clock: Clock,
  options: { readonly delayMs: number | "never"; readonly signal: AbortSignal },
): void {
  const { delayMs, signal } = options;
  if (delayMs === "never") return;
  const timers = new Set<Timer>();
  let underWay = 0;
  let newest: Buffer | undefined;

  function answer(data: Buffer): void {
    underWay += 1;
    if (delayMs === 0) {
      socket.pong(data, false, finish);
      return;
    }
    const timer = clock.startTimer(Number(delayMs), () => {
      timers.delete(timer);
      socket.pong(data, false, finish);
    });
    timers.add(timer);
  }

  function finish(): void {
    underWay -= 1;
    const next = newest;
    newest = undefined;
    if (next !== undefined && !signal.aborted) answer(next);
  }

  socket.on("ping", (data) => {
    if (signal.aborted) return;
    if (underWay < PONGS_MAX) answer(data);
    else newest = data;
  });
  signal.addEventListener("abort", () => timers.forEach((timer) => timer.cancel()), { once: true });
}
