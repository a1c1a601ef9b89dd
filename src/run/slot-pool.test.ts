import { describe, expect, it } from "vitest";

import { createSlotPool } from "./slot-pool.ts";

describe("a pool of slots", () => {
  it("lends each slot to one at a time, in the order of the requests", async () => {
    const pool = createSlotPool(3, "--more");
    const first = await pool.lease(2);
    const order: string[] = [];
    const large = pool.lease(3).then((lease) => {
      order.push("large");
      return lease;
    });
    const small = pool.lease(1).then((lease) => {
      order.push("small");
      return lease;
    });
    await Promise.resolve();
    // The small one would fit, but whoever asks for many would then wait for ever.
    expect(order).toEqual([]);
    first.giveBack();
    first.giveBack();
    const all = await large;
    expect(new Set(all.slots)).toEqual(new Set([0, 1, 2]));
    all.giveBack();
    expect((await small).slots).toHaveLength(1);
    expect(order).toEqual(["large", "small"]);
  });

  it("refuses what it can never lend, and says what makes it larger", async () => {
    await expect(createSlotPool(2, "--listen-ports").lease(3)).rejects.toMatchObject({
      code: "HARNESS_BACKEND_UNAVAILABLE",
      message: expect.stringMatching(/3 sessions.*ports for 2.*--listen-ports/) as string,
    });
  });
});
