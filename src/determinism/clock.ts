import { performance } from "node:perf_hooks";

/** A timer that has been started. Cancelling twice, or after it fired, does nothing. */
export type Timer = { cancel(): void };

/**
 * The only source of time for everything that runs.
 *
 * `nowMs` is monotonic, starts anywhere and is in milliseconds with fractions; only differences mean something.
 */
export type Clock = {
  nowMs(): number;
  /** Calls back once after `delayMs` (0 or more milliseconds), never before this call returned. */
  startTimer(delayMs: number, callback: () => void): Timer;
  /** The calendar time as ISO 8601, for headers of files alone: never for measuring, never inside a history. */
  wallTime(): string;
};

/** The clock of the machine: monotonic, and its timers keep the process alive until they fire or are cancelled. */
export function createSystemClock(): Clock {
  return {
    nowMs: () => performance.now(),
    startTimer(delayMs, callback) {
      const handle = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(handle) };
    },
    wallTime: () => new Date().toISOString(),
  };
}
