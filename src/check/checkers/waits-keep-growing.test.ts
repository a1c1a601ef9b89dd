import { describe, expect, it } from "vitest";

import { EQUAL_BACKOFF, failingDials, judgeTimed } from "../dial-fixture.test-support.ts";
import { waitsKeepGrowing } from "./waits-keep-growing.ts";

describe("waits keep growing (B2)", () => {
  it("holds under the cap and what a busy machine adds, and is violated beyond", () => {
    const stated = { backoff: EQUAL_BACKOFF };
    expect(judgeTimed(waitsKeepGrowing, failingDials([1, 1_200]), stated).outcome).toBe("holds");
    expect(judgeTimed(waitsKeepGrowing, failingDials([1, 1_320]), stated)).toMatchObject({
      outcome: "violated",
      evidence: [8, 9],
    });
    const late = failingDials([1, 1_320]);
    late.measure(50);
    expect(judgeTimed(waitsKeepGrowing, late, stated).outcome).toBe("unknown");
  });

  it("is violated by a client without stated delays that hammers, and holds where one wait in eight is longer", () => {
    const short = [20, 5, 99, 30, 40, 50, 60, 70];
    expect(judgeTimed(waitsKeepGrowing, failingDials(short))).toMatchObject({
      outcome: "violated",
      message: "session 0: 8 failures in a row, and not one of the waits behind them reached 100 ms",
    });
    expect(judgeTimed(waitsKeepGrowing, failingDials(short.with(3, 100))).outcome).toBe("holds");
    expect(judgeTimed(waitsKeepGrowing, failingDials(short.slice(1))).outcome).toBe("holds");
  });

  it("is not exercised where nothing was tried again", () => {
    expect(judgeTimed(waitsKeepGrowing, failingDials([])).outcome).toBe("not-exercised");
  });
});
