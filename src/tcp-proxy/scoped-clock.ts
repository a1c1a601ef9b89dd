import type { Clock, Timer } from "../determinism/clock.ts";

/** A view of a clock that knows which of its timers are still open, so that none outlives its owner. */
export type ScopedClock = { readonly clock: Clock; cancelAll(): void };

/** Opens a view of a clock; after `cancelAll` its open timers never fire. */
export function createScopedClock(clock: Clock): ScopedClock {
  const open = new Set<Timer>();
  return {
    clock: {
      nowMs: () => clock.nowMs(),
      wallTime: () => clock.wallTime(),
      startTimer(delayMs, callback) {
        const timer = clock.startTimer(delayMs, () => {
          open.delete(timer);
          callback();
        });
        open.add(timer);
        return {
          cancel() {
            open.delete(timer);
            timer.cancel();
          },
        };
      },
    },
    cancelAll() {
      for (const timer of open) timer.cancel();
      open.clear();
    },
  };
}
