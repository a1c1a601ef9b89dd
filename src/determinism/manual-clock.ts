import assert from "node:assert/strict";

import type { Clock } from "./clock.ts";

/** So many timers may fire in one move; more are one that starts itself again without end. */
const FIRINGS_MAX = 100_000;

type Waiting = { readonly dueMs: number; readonly callback: () => void };

/** A clock that stands still until somebody moves it: for tests, and for contracts that must not wait. */
export type ManualClock = Clock & {
  /** Moves time on, and fires what is due on the way, in order; whatever that sets going has settled when it resolves. */
  advance(ms: number): Promise<void>;
  /** How many timers have been started and have neither fired nor been cancelled. */
  timers(): number;
};

/** Lets every promise that can settle now do so. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Opens a clock that stands still at 1000 ms until a test moves it. */
export function createManualClock(): ManualClock {
  const waiting = new Set<Waiting>();
  let now = 1_000;
  return {
    nowMs: () => now,
    wallTime: () => "2026-01-01T00:00:00.000Z",
    startTimer(delayMs, callback) {
      const timer = { dueMs: now + delayMs, callback };
      waiting.add(timer);
      return { cancel: () => void waiting.delete(timer) };
    },
    timers: () => waiting.size,
    async advance(ms) {
      const end = now + ms;
      await settle();
      let firings = 0;
      for (let next = nextDue(waiting, end); next !== undefined; next = nextDue(waiting, end)) {
        firings += 1;
        assert(firings <= FIRINGS_MAX, `more than ${FIRINGS_MAX} timers fired within ${ms} ms`);
        now = Math.max(now, next.dueMs);
        waiting.delete(next);
        next.callback();
        await settle();
      }
      now = end;
    },
  };
}

function nextDue(waiting: ReadonlySet<Waiting>, end: number): Waiting | undefined {
  return [...waiting].filter(({ dueMs }) => dueMs <= end).toSorted((left, right) => left.dueMs - right.dueMs)[0];
}
