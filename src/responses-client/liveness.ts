import type { Clock, Timer } from "../determinism/clock.ts";
import type { Policy, PolicyContext } from "./policy-context.ts";

/** What a {@link LivenessWatch} can do with the connection that it watches. */
export type WatchedConnection = {
  ping(): void;
  /** Destroys the socket. The connection is lost at once, whatever the peer does. */
  abort(detail: string): void;
  /** Begins the close handshake. The connection is lost when the peer has answered, or after 30 s. */
  close(): void;
};

/** Watches one connection. All its timers end with `stop`. */
export type LivenessWatch = {
  requestStarted(): void;
  requestEnded(): void;
  /** `event`: a message; `control`: a ping or a pong. */
  frameReceived(kind: "event" | "control"): void;
  stop(): void;
};

/** Decides when a silent peer is dead. */
export type Liveness = { watch(connection: WatchedConnection): LivenessWatch };

/** What {@link createLiveness} can be told. */
export type LivenessOptions = {
  /** Pause between two pings in milliseconds, 0 for none; 25_000 where absent. */
  readonly pingIntervalMs?: number;
  /** How long after a ping any frame may take; 20_000 ms where absent. Slow pongs are healthy below 10 s or so. */
  readonly pongTimeoutMs?: number;
  /** Longest silence while a request runs, in milliseconds; 300_000 where absent. Each frame ends a silence. */
  readonly idleDeadlineMs?: number;
  /** Longest time without an event while a request runs, pongs or not; 900_000 ms where absent. */
  readonly progressDeadlineMs?: number;
};

/**
 * Pings always, and deadlines while a request runs (protocol.md §1.3, INV-25, INV-26).
 *
 * Every frame proves life, so a model that thinks for minutes on a connection with pings is left in peace. A dead peer
 * is left by destroying the socket: a close handshake with it would never end.
 */
export function createLiveness(options: LivenessOptions = {}): Policy<Liveness> {
  return (context) => ({ watch: (connection) => watchConnection(connection, options, context) });
}

function watchConnection(
  connection: WatchedConnection,
  options: LivenessOptions,
  { clock }: PolicyContext,
): LivenessWatch {
  const { pingIntervalMs = 25_000, pongTimeoutMs = 20_000 } = options;
  const { idleDeadlineMs = 300_000, progressDeadlineMs = 900_000 } = options;
  let isRequestRunning = false;
  const idle = createDeadline(clock, idleDeadlineMs, () => connection.abort(`no frame for ${idleDeadlineMs} ms`));
  const progress = createDeadline(clock, progressDeadlineMs, () =>
    connection.abort(`no event for ${progressDeadlineMs} ms`),
  );
  const pong = createDeadline(clock, pongTimeoutMs, () =>
    connection.abort(`no answer to a ping for ${pongTimeoutMs} ms`),
  );
  const nextPing = createDeadline(clock, pingIntervalMs, () => {
    connection.ping();
    // The oldest unanswered ping counts: restarting here would let frequent pings put the deadline off for ever.
    if (!pong.isRunning()) pong.restart();
    nextPing.restart();
  });

  if (pingIntervalMs > 0) nextPing.restart();
  return {
    requestStarted() {
      isRequestRunning = true;
      idle.restart();
      progress.restart();
    },
    requestEnded() {
      isRequestRunning = false;
      idle.cancel();
      progress.cancel();
    },
    frameReceived(kind) {
      pong.cancel();
      if (!isRequestRunning) return;
      idle.restart();
      if (kind === "event") progress.restart();
    },
    stop: () => [idle, progress, pong, nextPing].forEach((deadline) => deadline.cancel()),
  };
}

type Deadline = { restart(): void; cancel(): void; isRunning(): boolean };

function createDeadline(clock: Clock, delayMs: number, passed: () => void): Deadline {
  let timer: Timer | undefined;
  const cancel = (): void => {
    timer?.cancel();
    timer = undefined;
  };
  return {
    cancel,
    isRunning: () => timer !== undefined,
    restart() {
      cancel();
      timer = clock.startTimer(delayMs, () => {
        timer = undefined;
        passed();
      });
    },
  };
}
