import { describe, expect, it } from "vitest";

import { createDueQueue } from "./due-queue.ts";

const nothing = (): void => undefined;

describe("the tasks that are due", () => {
  it("come in the order of their times, and then in the order in which they were put in", () => {
    const queue = createDueQueue();
    for (const dueMs of [5, 1, 3, 1]) queue.push(dueMs, nothing, "harness");
    const times = Array.from({ length: 4 }, () => queue.pop()).map((task) => [task?.dueMs, task?.order]);
    expect(times).toEqual([
      [1, 1],
      [1, 3],
      [3, 2],
      [5, 0],
    ]);
    expect(queue.pop()).toBeUndefined();
  });

  it("are counted rightly when one is cancelled that has happened already", () => {
    const queue = createDueQueue();
    const first = queue.push(1, nothing, "harness");
    queue.push(2, nothing, "harness");
    expect(queue.pop()?.run).toBe(nothing);
    queue.cancel(first);
    expect(queue.size()).toBe(1);
    expect(queue.pop()?.dueMs).toBe(2);
    expect(queue.size()).toBe(0);
  });
});
