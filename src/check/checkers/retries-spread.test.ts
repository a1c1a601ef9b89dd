import { describe, expect, it } from "vitest";

import { EQUAL_BACKOFF, judgeTimed, openTimed, REJECTED, type TimedFixture } from "../dial-fixture.test-support.ts";
import { fleetSpreads, retriesSpread } from "./retries-spread.ts";

/** Sessions whose first dial is turned away at one instant, each with its wait. */
function fleet(waits: readonly number[]): TimedFixture {
  const fixture = openTimed();
  const sessions = waits.map((waitMs, session) => ({ waitMs, own: fixture.inSession(session) }));
  for (const { own } of sessions) {
    own.startTurn();
    own.dial();
    own.face(REJECTED);
  }
  let nowMs = 0;
  for (const { waitMs, own } of sessions.toSorted((left, right) => left.waitMs - right.waitMs)) {
    fixture.wait(waitMs - nowMs);
    nowMs = waitMs;
    own.dial();
  }
  return fixture;
}

const SPREAD = Array.from({ length: 20 }, (_, session) => 500 + session * 25);

describe("a fleet spreads (INV-32, B3)", () => {
  it("holds where the first retries are spread over a fifth of the delay", () => {
    expect(judgeTimed(retriesSpread, fleet(SPREAD))).toMatchObject({
      outcome: "holds",
      message: "20 sessions: after failure 1 they waited 500 ms to 975 ms, a spread of 475 ms",
    });
    expect(judgeTimed(fleetSpreads, fleet(SPREAD)).outcome).toBe("holds");
  });

  it("is violated where all wait the same; two sessions are the witness", () => {
    const same = Array.from({ length: 20 }, (_, session) => 1_000 + session / 4);
    const verdict = judgeTimed(retriesSpread, fleet(same));
    expect(verdict).toMatchObject({
      outcome: "violated",
      message: "20 sessions: after failure 1 they waited 1000 ms to 1005 ms, a spread of 5 ms, and 201 ms is the least",
    });
    expect(verdict.evidence).toHaveLength(4);
    expect(judgeTimed(fleetSpreads, fleet(same)).outcome).toBe("violated");
  });

  it("is unknown where the harness may have pressed the dials together", () => {
    const fixture = fleet(SPREAD.map((waitMs) => 1_000 + waitMs / 10));
    fixture.measure(180);
    expect(judgeTimed(retriesSpread, fixture).outcome).toBe("unknown");
  });

  it("asks less of a client that promises a narrow jitter, and no less of one that promises none", () => {
    const narrow = fleet(SPREAD.map((waitMs) => 950 + (waitMs - 500) / 4.75));
    const stated = (jitter: typeof EQUAL_BACKOFF.jitter): string =>
      judgeTimed(retriesSpread, narrow, { backoff: { ...EQUAL_BACKOFF, baseMs: 1_000, capMs: 1_000, jitter } }).outcome;
    expect(stated({ share: 0.1 })).toBe("holds");
    expect(stated("none")).toBe("violated");
    expect(judgeTimed(retriesSpread, narrow).outcome).toBe("violated");
  });

  it("is not exercised below twenty sessions", () => {
    expect(judgeTimed(retriesSpread, fleet(SPREAD.slice(1))).outcome).toBe("not-exercised");
  });
});
