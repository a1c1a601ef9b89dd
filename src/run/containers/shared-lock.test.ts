import { describe, expect, it } from "vitest";

import { createSharedLock } from "./shared-lock.ts";

describe("a shared lock", () => {
  it("lets many in together, one alone, and nobody past somebody who waits", async () => {
    const lock = createSharedLock();
    const order: string[] = [];
    const enter = async (name: string, isAlone: boolean): Promise<() => void> => {
      const leave = await lock.take(isAlone);
      order.push(name);
      return leave;
    };
    const first = await enter("first", false);
    const second = await enter("second", false);
    const alone = enter("alone", true);
    const third = enter("third", false);
    first();
    first();
    await Promise.resolve();
    expect(order).toEqual(["first", "second"]);
    second();
    const leaveAlone = await alone;
    await Promise.resolve();
    expect(order).toEqual(["first", "second", "alone"]);
    leaveAlone();
    (await third)();
    expect(order).toEqual(["first", "second", "alone", "third"]);
  });
});
