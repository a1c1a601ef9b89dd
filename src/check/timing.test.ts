import { describe, expect, it } from "vitest";

import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import { openTimed } from "./dial-fixture.test-support.ts";
import { timingOf, wasStarved } from "./timing.ts";

function measuredEvery100(...delays: readonly number[]): ReturnType<typeof openTimed> {
  const fixture = openTimed();
  for (const delayMs of delays) {
    fixture.wait(100);
    fixture.measure(delayMs);
  }
  return fixture;
}

describe("how exact times are", () => {
  it("goes by what was measured around them, and by what escapes the measurement", () => {
    const timing = timingOf(measuredEvery100(90, 1, 2, 3, 80).events);
    expect(timing.toleranceMs(250, 290)).toBe(15);
    // What is noted right behind a delay was late by it, and a delay is counted when it is over.
    expect(timing.toleranceMs(101, 102)).toBe(102);
    expect(timing.toleranceMs(350, 399)).toBe(92);
    expect(timing.toleranceMs(900, 950)).toBe(92);
  });

  it("is nothing where nobody measured", () => {
    expect(timingOf(openTimed().events).toleranceMs(0, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a starved client", () => {
  it("is one whose deadline the harness itself was late by half", () => {
    const contract = { ...DEFAULT_CONTRACT, idleDeadlineMs: 400 };
    const isStarved = (delayMs: number): boolean => {
      const { events: history } = measuredEvery100(0, delayMs, 0);
      const [from] = history;
      const to = history.at(-1);
      return from !== undefined && to !== undefined && wasStarved({ history, contract }, from, to);
    };
    expect([isStarved(150), isStarved(250)]).toEqual([false, true]);
    const { events: history } = openTimed();
    const [from] = history;
    expect(from !== undefined && wasStarved({ history, contract }, from, from)).toBe(false);
  });
});
