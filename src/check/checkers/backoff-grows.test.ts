import { describe, expect, it } from "vitest";

import type { Contract } from "../../plan/contract.ts";
import { EQUAL_BACKOFF, failingDials, judgeTimed, openTimed, REJECTED } from "../dial-fixture.test-support.ts";
import { backoffGrows } from "./backoff-grows.ts";

const STATED: Partial<Contract> = { backoff: EQUAL_BACKOFF };

describe("backoff grows (INV-31)", () => {
  it("holds where each wait lies in its window", () => {
    expect(judgeTimed(backoffGrows, failingDials([60, 150, 390, 700, 410]), STATED)).toMatchObject({
      outcome: "holds",
      message: "each of 5 waits was as promised",
    });
  });

  it("is violated by a wait that does not grow, and shows the failure and the dial behind it", () => {
    const fixture = failingDials([60, 150, 60]);
    const dials = fixture.events.filter(({ kind }) => kind === "dialled");
    const failures = fixture.events.filter(({ kind }) => kind === "dial-rejected");
    expect(judgeTimed(backoffGrows, fixture, STATED)).toMatchObject({
      outcome: "violated",
      message: "session 0: dial 3 came 60 ms after failure 3 in a row, and 200 ms is the least that is promised",
      evidence: [failures[2]?.sequence, dials[3]?.sequence],
    });
  });

  it("is violated by a wait far over the cap, and not by one that is late as machines are", () => {
    expect(judgeTimed(backoffGrows, failingDials([60, 1_290]), STATED).outcome).toBe("holds");
    expect(judgeTimed(backoffGrows, failingDials([60, 1_400]), STATED)).toMatchObject({
      outcome: "violated",
      message:
        "session 0: dial 2 came 1400 ms after the failure before it, and 800 ms is the longest wait that is promised",
    });
  });

  it("is unknown where the harness was as late as the wait is over the cap", () => {
    const fixture = failingDials([60, 1_400]);
    fixture.measure(200);
    expect(judgeTimed(backoffGrows, fixture, STATED)).toMatchObject({
      outcome: "unknown",
      message: expect.stringContaining("the harness was up to 212 ms late"),
    });
  });

  it("is unknown where a wait misses its window by what a client's timer may be early", () => {
    expect(judgeTimed(backoffGrows, failingDials([60, 90]), STATED).outcome).toBe("unknown");
    expect(judgeTimed(backoffGrows, failingDials([60, 99.5]), STATED).outcome).toBe("holds");
  });

  it("is unknown where nothing measured the harness", () => {
    const unmeasured = { ...failingDials([60, 10_000]), measure: () => undefined };
    expect(judgeTimed(backoffGrows, unmeasured, STATED).outcome).toBe("unknown");
  });

  it("takes a window of its own, a share, full jitter and none at their word", () => {
    const outcomeOf = (jitter: typeof EQUAL_BACKOFF.jitter, waitMs: number): string =>
      judgeTimed(backoffGrows, failingDials([waitMs]), { backoff: { ...EQUAL_BACKOFF, baseMs: 400, jitter } }).outcome;
    expect(outcomeOf({ from: 0.75, to: 1 }, 310)).toBe("holds");
    expect(outcomeOf({ from: 0.75, to: 1 }, 250)).toBe("violated");
    expect(outcomeOf({ share: 0.1 }, 365)).toBe("holds");
    expect(outcomeOf({ share: 0.1 }, 320)).toBe("violated");
    expect(outcomeOf("full", 0)).toBe("holds");
    expect(outcomeOf("none", 300)).toBe("violated");
  });

  it("begins again where the user asks again, and leaves a server's own hint alone", () => {
    const fixture = failingDials([60, 150]);
    fixture.face(REJECTED);
    fixture.endTurn("gave up");
    fixture.startTurn(1);
    fixture.dial();
    fixture.face({ kind: "dial-rejected", how: "status 503", retryAfterMs: 5 });
    fixture.wait(5);
    fixture.dial();
    expect(judgeTimed(backoffGrows, fixture, STATED)).toMatchObject({
      outcome: "holds",
      message: expect.stringContaining("2 waits"),
    });
  });

  it("does not judge a dial that may have come of the client's own deadline", () => {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.wait(450);
    fixture.face(REJECTED);
    fixture.wait(5);
    fixture.dial();
    expect(judgeTimed(backoffGrows, fixture, { ...STATED, idleDeadlineMs: 400 }).outcome).toBe("holds");
    expect(judgeTimed(backoffGrows, fixture, { ...STATED, idleDeadlineMs: 5_000 }).outcome).toBe("violated");
  });

  it("is unknown where dials in between may have been refused unseen", () => {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.face(REJECTED);
    fixture.fault({ kind: "refuse" });
    fixture.wait(5_000);
    fixture.dial();
    expect(judgeTimed(backoffGrows, fixture, STATED)).toMatchObject({
      outcome: "unknown",
      message: expect.stringContaining("refused unseen"),
    });
  });

  it("is not exercised without a stated backoff, and where nothing was tried again", () => {
    expect(judgeTimed(backoffGrows, failingDials([1, 1])).outcome).toBe("not-exercised");
    expect(judgeTimed(backoffGrows, failingDials([]), STATED).outcome).toBe("not-exercised");
  });
});
