import { getEventListeners } from "node:events";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createSystemClock } from "./clock.ts";
import { openEventLoopDelay } from "./event-loop-delay.ts";
import { createManualClock, type ManualClock, settle } from "./manual-clock.ts";
import { createDeferred, DEADLINE_PASSED, settleWithin, sleep } from "./waiting.ts";

describe("sleep", () => {
  it("resolves after its time, and not before", async () => {
    const clock = createManualClock();
    let isAwake = false;
    const sleeping = sleep(clock, 100).then(() => {
      isAwake = true;
    });
    await clock.advance(99);
    expect(isAwake).toBe(false);
    await clock.advance(1);
    expect(isAwake).toBe(true);
    await sleeping;
  });

  it("resolves at once when it is aborted, and leaves no timer and no listener", async () => {
    const clock = createManualClock();
    const aborting = new AbortController();
    const sleeping = sleep(clock, 100, aborting.signal);
    expect(clock.timers()).toBe(1);
    aborting.abort();
    await sleeping;
    expect([clock.timers(), getEventListeners(aborting.signal, "abort").length]).toEqual([0, 0]);
  });

  it("does not begin where it was aborted before", async () => {
    const clock = createManualClock();
    await sleep(clock, 100, AbortSignal.abort());
    expect(clock.timers()).toBe(0);
  });

  it("leaves no more than one listener behind, however often a signal is slept with", async () => {
    const clock = createManualClock();
    const aborting = new AbortController();
    for (let round = 0; round < 3; round += 1) {
      const sleeping = Promise.all([sleep(clock, 1, aborting.signal), sleep(clock, 1, aborting.signal)]);
      await clock.advance(1);
      await sleeping;
    }
    expect(getEventListeners(aborting.signal, "abort")).toHaveLength(1);
    const woken = sleep(clock, 100, aborting.signal);
    aborting.abort();
    await woken;
    expect(clock.timers()).toBe(0);
  });
});

describe("settleWithin", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  let clock: ManualClock;
  beforeEach(() => {
    clock = createManualClock();
    unhandled.length = 0;
    process.on("unhandledRejection", note);
  });
  afterEach(() => {
    process.off("unhandledRejection", note);
  });

  it("answers what the promise answers, and leaves no timer", async () => {
    expect(await settleWithin(clock, Promise.resolve(5), 100)).toBe(5);
    await expect(settleWithin(clock, Promise.reject(new Error("no")), 100)).rejects.toThrow("no");
    expect(clock.timers()).toBe(0);
  });

  it("answers that the deadline passed where it came first", async () => {
    const work = createDeferred<number>();
    const answer = settleWithin(clock, work.promise, 100);
    await clock.advance(100);
    expect(await answer).toBe(DEADLINE_PASSED);
    work.resolve(5);
    await settle();
    expect(await answer).toBe(DEADLINE_PASSED);
  });

  it("ignores a rejection that comes too late", async () => {
    const work = createDeferred<number>();
    const answer = settleWithin(clock, work.promise, 100);
    await clock.advance(100);
    work.reject(new Error("late"));
    await settle();
    expect([await answer, unhandled]).toEqual([DEADLINE_PASSED, []]);
  });
});

describe("a deferred", () => {
  it("is settled once", async () => {
    const first = createDeferred<number>();
    first.resolve(1);
    first.resolve(2);
    first.reject(new Error("no"));
    expect(await first.promise).toBe(1);
    const second = createDeferred<number>();
    second.reject(new Error("no"));
    second.resolve(1);
    await expect(second.promise).rejects.toThrow("no");
  });
});

describe("the system clock", () => {
  it("is monotonic, never early, and tells the calendar as ISO 8601", async () => {
    const clock = createSystemClock();
    const startMs = clock.nowMs();
    let isBack = false;
    const timer = clock.startTimer(0, () => {
      isBack = true;
    });
    expect(isBack).toBe(false);
    await sleep(clock, 20);
    expect(isBack).toBe(true);
    timer.cancel();
    // Node's timers count in whole milliseconds and may come a fraction of one early.
    expect(clock.nowMs() - startMs).toBeGreaterThan(19);
    expect(clock.wallTime()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("does not fire what was cancelled", async () => {
    const clock = createSystemClock();
    let fired = 0;
    clock.startTimer(1, () => (fired += 1)).cancel();
    await sleep(clock, 10);
    expect(fired).toBe(0);
  });
});

describe("the delay of the event loop", () => {
  it("sees that it was blocked", async () => {
    const clock = createSystemClock();
    const delay = openEventLoopDelay();
    await sleep(clock, 30);
    const startMs = clock.nowMs();
    while (clock.nowMs() - startMs < 80);
    await sleep(clock, 30);
    delay.close();
    expect(delay.takeMaxMs()).toBeGreaterThan(40);
  });
});
