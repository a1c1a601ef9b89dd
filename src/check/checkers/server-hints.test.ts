import { describe, expect, it } from "vitest";

import { judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { hintsAreKept, serverHints } from "./server-hints.ts";

/** A dial that is refused with Retry-After, and the next one after a wait. */
function refused(hintMs: number, waitMs: number): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.face({ kind: "dial-rejected", how: "status 503", retryAfterMs: hintMs });
  fixture.wait(waitMs);
  fixture.dial();
  return fixture;
}

describe("a server's hint is kept (INV-35, B5)", () => {
  it("holds from the hint on, and up to twice of it and a second", () => {
    expect(judgeTimed(serverHints, refused(1_000, 1_000))).toMatchObject({
      outcome: "holds",
      message: "each of 1 hints was kept",
    });
    expect(judgeTimed(hintsAreKept, refused(1_000, 3_400)).outcome).toBe("holds");
    expect(judgeTimed(serverHints, refused(1_000, 60_000)).outcome).toBe("holds");
  });

  it("is violated by an attempt before the hint, and by one long after it", () => {
    expect(judgeTimed(serverHints, refused(1_000, 300))).toMatchObject({
      outcome: "violated",
      message: "session 0: the server asked to wait 1000 ms, and the next attempt came after 300 ms",
      evidence: [5, 6],
    });
    expect(judgeTimed(hintsAreKept, refused(1_000, 300)).outcome).toBe("violated");
    expect(judgeTimed(hintsAreKept, refused(1_000, 3_600)).outcome).toBe("violated");
  });

  it("counts a dial that nobody answers, which may come neither before nor long after it", () => {
    const dialled = (waitMs: number): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      fixture.dial();
      fixture.face({ kind: "dial-rejected", how: "status 503", retryAfterMs: 1_000 });
      fixture.wait(waitMs);
      fixture.unanswered();
      fixture.wait(9_000);
      fixture.dial();
      return fixture;
    };
    expect(judgeTimed(hintsAreKept, dialled(1_000)).outcome).toBe("holds");
    expect(judgeTimed(hintsAreKept, dialled(300)).outcome).toBe("violated");
  });

  it("asks nothing of a client that left for an error without a hint, when one with a hint came behind it", () => {
    const twice = (staysThere: boolean): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      fixture.dial();
      fixture.open();
      fixture.create();
      fixture.receive("error", { type: "error", error: { message: "it broke" } });
      fixture.receive("error", { type: "error", error: { message: "slow down", headers: { "retry-after": 1 } } });
      fixture.wait(100);
      if (staysThere) fixture.create();
      else fixture.dial();
      return fixture;
    };
    expect(judgeTimed(serverHints, twice(false)).outcome).toBe("not-exercised");
    expect(judgeTimed(hintsAreKept, twice(false)).outcome).toBe("not-exercised");
    expect(judgeTimed(serverHints, twice(true)).outcome).toBe("violated");
  });

  it("reads the hint of an error event, and counts a create on the same connection", () => {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.open();
    fixture.create();
    fixture.receive("error", { type: "error", error: { message: "slow down", headers: { "retry-after": 1 } } });
    fixture.wait(400);
    fixture.create();
    expect(judgeTimed(serverHints, fixture).outcome).toBe("violated");
  });

  it("is unknown where the harness was late by as much, or the client may have left before the hint came", () => {
    const late = refused(1_000, 900);
    late.measure(150);
    expect(judgeTimed(serverHints, late).outcome).toBe("unknown");
    expect(judgeTimed(serverHints, refused(1_000, 600), { idleDeadlineMs: 400 }).outcome).toBe("unknown");
  });

  it("is not exercised without a hint, by one that asks for minutes, and where the turn ended instead", () => {
    expect(judgeTimed(serverHints, refused(0, 1)).outcome).toBe("not-exercised");
    expect(judgeTimed(hintsAreKept, refused(61_000, 1)).outcome).toBe("not-exercised");
    const ended = openTimed();
    ended.startTurn();
    ended.dial();
    ended.face({ kind: "dial-rejected", how: "status 503", retryAfterMs: 1_000 });
    ended.endTurn("the server is busy");
    ended.startTurn(1);
    ended.dial();
    expect(judgeTimed(serverHints, ended).outcome).toBe("not-exercised");
  });
});
