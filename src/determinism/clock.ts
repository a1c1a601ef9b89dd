import { performance } from "node:perf_hooks";

import { ambientWorld } from "./ambient/ambient-world.ts";
import type { Timer } from "./timer.ts";

export type { Timer };

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

/** The longest time that a timer of Node waits; a longer one, as Node does it, waits 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The clock of the machine: monotonic, and its timers keep the process alive until they fire or are cancelled. */
export function createSystemClock(): Clock {
  return {
    nowMs: () => performance.now(),
    startTimer(delayMs, callback) {
      const world = ambientWorld();
      // As setTimeout in that world, without the asynchronous context that nobody asks a clock for.
      if (world !== undefined) {
        return world.startTimer(delayMs >= 1 && delayMs <= TIMER_MS_MAX ? Math.trunc(delayMs) : 1, callback);
      }
      const handle = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(handle) };
    },
    wallTime: () => new Date().toISOString(),
  };
}
