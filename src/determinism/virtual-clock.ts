import type { Clock, Timer } from "./clock.ts";
import { createDueQueue } from "./due-queue.ts";

/** Who a task belongs to: what is taken down together when its owner goes. */
export type Owner = "client" | "harness";

/**
 * A clock whose time stands still while anything happens, and jumps to whatever is due next.
 *
 * What is due at the same time happens in the order in which it was started. Immediates come before time moves on.
 */
export type VirtualClock = Clock & {
  startTimerOf(owner: Owner, delayMs: number, callback: () => void): Timer;
  /** Calls back before time moves on, behind the immediates that are waiting already. */
  startImmediate(owner: Owner, callback: () => void): Timer;
  /** Takes out what happens next, and moves time to it; undefined where nothing waits. */
  next(): { readonly owner: Owner; readonly run: () => void } | undefined;
  /** Cancels everything that an owner has started. */
  cancelAll(owner: Owner): void;
  /** How many tasks there were since time last moved: a bound on it ends a world that turns on the spot. */
  tasksAtOnce(): number;
  /** How many timers and immediates wait. */
  waiting(): number;
};

/** The calendar time at which every world begins: the same on each replay. */
const WORLD_BEGINS: Date = new Date("2026-01-01T00:00:00.000Z");
/** The monotonic time at which every world begins: not 0, because some code takes 0 for "never". */
const MONOTONIC_START_MS = 1_000;

type Immediate = { readonly owner: Owner; run: (() => void) | undefined };

/** Opens a clock at the beginning of its world. */
export function createVirtualClock(): VirtualClock {
  const queue = createDueQueue();
  let immediates: Immediate[] = [];
  let nextImmediate = 0;
  let now = MONOTONIC_START_MS;
  let tasksAtOnce = 0;

  function startTimerOf(owner: Owner, delayMs: number, callback: () => void): Timer {
    const task = queue.push(now + Math.max(delayMs, 0), callback, owner);
    return { cancel: () => queue.cancel(task) };
  }

  function takeImmediate(): Immediate | undefined {
    while (nextImmediate < immediates.length) {
      const immediate = immediates[nextImmediate];
      nextImmediate += 1;
      if (immediate?.run !== undefined) return immediate;
    }
    if (nextImmediate > 0) {
      immediates = [];
      nextImmediate = 0;
    }
    return undefined;
  }

  return {
    nowMs: () => now,
    wallTime: () => new Date(WORLD_BEGINS.getTime() + now - MONOTONIC_START_MS).toISOString(),
    startTimer: (delayMs, callback) => startTimerOf("harness", delayMs, callback),
    startTimerOf,
    startImmediate(owner, callback) {
      const immediate: Immediate = { owner, run: callback };
      immediates.push(immediate);
      return {
        cancel() {
          immediate.run = undefined;
        },
      };
    },
    next() {
      const immediate = takeImmediate();
      tasksAtOnce += 1;
      if (immediate?.run !== undefined) return { owner: immediate.owner, run: immediate.run };
      const task = queue.pop();
      if (task?.run === undefined) return undefined;
      if (task.dueMs > now) tasksAtOnce = 0;
      now = Math.max(now, task.dueMs);
      return { owner: task.owner === "client" ? "client" : "harness", run: task.run };
    },
    cancelAll(owner) {
      queue.cancelAll(owner);
      for (const immediate of immediates) if (immediate.owner === owner) immediate.run = undefined;
    },
    tasksAtOnce: () => tasksAtOnce,
    waiting: () => queue.size() + immediates.slice(nextImmediate).filter(({ run }) => run !== undefined).length,
  };
}
