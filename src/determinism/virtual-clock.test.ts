import { expect, it } from "vitest";

import { createRandom } from "./random.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** Lets everything happen that waits, and answers how many tasks that were. */
function runOut(clock: VirtualClock): number {
  let tasks = 0;
  for (let task = clock.next(); task !== undefined; task = clock.next()) {
    tasks += 1;
    task.run();
  }
  return tasks;
}

it("time stands still until it jumps to what is due next, and equal times keep their order", () => {
  const clock = createVirtualClock();
  const startMs = clock.nowMs();
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name} ${clock.nowMs() - startMs}`);
  clock.startTimer(50, note("late"));
  clock.startTimer(10, note("first of two"));
  clock.startTimer(10, note("second of two"));
  clock.startTimer(0.25, note("soon"));
  clock.startImmediate("harness", note("at once"));
  expect(clock.nowMs()).toBe(startMs);
  expect(runOut(clock)).toBe(5);
  expect(seen).toEqual(["at once 0", "soon 0.25", "first of two 10", "second of two 10", "late 50"]);
});

it("is in order over thousands of timers, half of them cancelled, some after they fired", () => {
  const clock = createVirtualClock();
  const random = createRandom(7);
  const fired: number[] = [];
  const timers = Array.from({ length: 5_000 }, () => {
    const delayMs = random.integer(0, 1_000);
    return clock.startTimer(delayMs, () => fired.push(clock.nowMs()));
  });
  const cancelled = timers.filter((_, index) => index % 2 === 0);
  for (const timer of cancelled) timer.cancel();
  expect(clock.waiting()).toBe(2_500);
  runOut(clock);
  for (const timer of timers) timer.cancel();
  expect(clock.waiting()).toBe(0);
  expect(fired).toHaveLength(2_500);
  expect(fired).toEqual(fired.toSorted((left, right) => left - right));
});

it("cancels all that belongs to one owner, and nothing of the other", () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  for (const owner of ["client", "harness"] as const) {
    clock.startTimerOf(owner, 5, () => seen.push(`timer of ${owner}`));
    clock.startImmediate(owner, () => seen.push(`immediate of ${owner}`));
  }
  clock.cancelAll("client");
  runOut(clock);
  expect(seen).toEqual(["immediate of harness", "timer of harness"]);
});

it("counts the tasks of one instant, so that a loop on the spot can be told", () => {
  const clock = createVirtualClock();
  let left = 100;
  const again = (): void => {
    left -= 1;
    if (left > 0) clock.startImmediate("client", again);
  };
  again();
  runOut(clock);
  expect(clock.tasksAtOnce()).toBeGreaterThanOrEqual(99);
  clock.startTimer(1, () => undefined);
  clock.next()?.run();
  expect(clock.tasksAtOnce()).toBe(0);
});
