import assert from "node:assert/strict";

/** One request that waits for its lane. */
export type LaneWork = {
  readonly lane: string;
  /** Size of the frame that asked for it, in bytes: what waiting costs. */
  readonly sizeBytes: number;
  /** Does the work; a rejection is a bug. */
  start(): Promise<void>;
};

/** How many requests may run and wait on one connection. */
export type LaneLimits = {
  readonly inFlightMax: number;
  readonly waitingMax: number;
  readonly waitingSizeBytesMax: number;
};

/**
 * Runs the requests of one connection (protocol.md §2.3): one after the other within a lane, lanes side by side, and
 * not more than `inFlightMax` at once. What has to wait starts in the order of its arrival.
 */
export type LaneScheduler = {
  /** Takes a request and starts it at once where it can; false when too much waits already, and it is not taken. */
  submit(work: LaneWork): boolean;
  /** Number of requests that have been started and are not done. */
  inFlightCount(): number;
  isBusy(lane: string): boolean;
  /** Drops what waits; what runs goes on. */
  clear(): void;
};

/** Opens the scheduler of a connection; `onIdle` is called whenever nothing runs and nothing waits any more. */
export function createLaneScheduler(limits: LaneLimits, onIdle: () => void): LaneScheduler {
  const running = new Set<string>();
  let waiting: LaneWork[] = [];
  let waitingSizeBytes = 0;

  function run(work: LaneWork): void {
    running.add(work.lane);
    work.start().then(
      () => finish(work.lane),
      (error: unknown) => assert.fail(`a response of the reference server failed: ${String(error)}`),
    );
  }

  function finish(lane: string): void {
    running.delete(lane);
    for (let next = takeNext(); next !== undefined; next = takeNext()) run(next);
    if (running.size === 0 && waiting.length === 0) onIdle();
  }

  function takeNext(): LaneWork | undefined {
    if (running.size >= limits.inFlightMax) return undefined;
    const next = waiting.find(({ lane }) => !running.has(lane));
    if (next === undefined) return undefined;
    waiting = waiting.filter((work) => work !== next);
    waitingSizeBytes -= next.sizeBytes;
    return next;
  }

  return {
    inFlightCount: () => running.size,
    isBusy: (lane) => running.has(lane),
    submit(work) {
      if (!running.has(work.lane) && running.size < limits.inFlightMax) {
        run(work);
        return true;
      }
      const isFull =
        waiting.length >= limits.waitingMax || waitingSizeBytes + work.sizeBytes > limits.waitingSizeBytesMax;
      if (isFull) return false;
      waiting.push(work);
      waitingSizeBytes += work.sizeBytes;
      return true;
    },
    clear() {
      waiting = [];
      waitingSizeBytes = 0;
    },
  };
}
