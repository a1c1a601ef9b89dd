import type { Clock } from "./clock.ts";

type Waiting = { readonly dueMs: number; readonly callback: () => void };

/** A clock that a test moves by hand. */
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
      for (let next = nextDue(waiting, end); next !== undefined; next = nextDue(waiting, end)) {
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
