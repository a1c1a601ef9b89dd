import { beforeEach, describe, expect, it } from "vitest";

import { createManualClock, type ManualClock } from "../../determinism/manual-clock.ts";
import { createDelivery, type Delivery } from "./delivery.ts";

describe("the delivery of a direction", () => {
  let clock: ManualClock;
  let delivery: Delivery;
  let told: string[];
  beforeEach(() => {
    clock = createManualClock();
    delivery = createDelivery(clock, 5_000);
    told = [];
  });

  function wait(offset: number): void {
    delivery.when(offset, {
      delivered: () => void told.push(`${offset} delivered`),
      missed: (why) => void told.push(`${offset} missed: ${why}`),
    });
  }

  it("is confirmed when the offset is reached, and not before", () => {
    wait(10);
    delivery.advance(9);
    expect(told).toEqual([]);
    delivery.advance(10);
    delivery.advance(20);
    expect(told).toEqual(["10 delivered"]);
    expect(clock.timers()).toBe(0);
  });

  it("is confirmed at once where the offset was reached before, but not where nothing was delivered yet", () => {
    wait(0);
    expect(told).toEqual([]);
    delivery.advance(0);
    wait(0);
    expect(told).toEqual(["0 delivered", "0 delivered"]);
  });

  it("is confirmed for all who wait for less, and never goes back", () => {
    for (const offset of [5, 10, 15]) wait(offset);
    delivery.advance(12);
    delivery.advance(3);
    wait(11);
    expect(told).toEqual(["5 delivered", "10 delivered", "11 delivered"]);
  });

  it("is missed when its deadline passes first", async () => {
    wait(10);
    await clock.advance(4_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    delivery.advance(10);
    expect(told).toEqual(["10 missed: its delivery was not confirmed within 5000 ms"]);
  });

  it("is missed when the connection is gone, and leaves no timer", () => {
    wait(10);
    wait(20);
    delivery.close();
    const why = "missed: the connection was gone before its delivery was confirmed";
    expect([told, clock.timers()]).toEqual([[`10 ${why}`, `20 ${why}`], 0]);
  });
});
