import { describe, expect, it } from "vitest";

import { EQUAL_BACKOFF, judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { localErrorsAreInstant } from "./local-errors-are-instant.ts";

const STATED = { backoff: EQUAL_BACKOFF };

/** A connection that is reset under a create; the client reacts after a while. */
function reset(afterMs: number, react: (fixture: TimedFixture) => void): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.open();
  fixture.create();
  fixture.face({ kind: "reset", by: "proxy" });
  fixture.wait(afterMs);
  react(fixture);
  return fixture;
}

const dials = (fixture: TimedFixture): void => void fixture.dial();

describe("local errors are instant (INV-27)", () => {
  it("holds within a second, the backoff and what a busy machine adds", () => {
    expect(judgeTimed(localErrorsAreInstant, reset(2_300, dials), STATED)).toMatchObject({
      outcome: "holds",
      message: "the client reacted to each of 1 lost connections at once",
    });
    expect(judgeTimed(localErrorsAreInstant, reset(6_400, dials)).outcome).toBe("holds");
  });

  it.each(["error-shown", "gave-up", "text-retracted"] as const)("takes %s for a reaction", (kind) => {
    const told = reset(100, (fixture) => void fixture.show(kind));
    told.wait(9_000);
    told.dial();
    expect(judgeTimed(localErrorsAreInstant, told, STATED).outcome).toBe("holds");
  });

  it("takes a dial that nobody answers for a reaction, which no fault of that kind can hide", () => {
    const dialled = reset(100, (fixture) => void fixture.unanswered());
    dialled.wait(9_000);
    dialled.overdue();
    expect(judgeTimed(localErrorsAreInstant, dialled, STATED).outcome).toBe("holds");
    const nothing = reset(0, (fixture) => void fixture.fault({ kind: "refuse", how: "unanswered" }));
    nothing.wait(9_000);
    nothing.overdue();
    expect(judgeTimed(localErrorsAreInstant, nothing, STATED).outcome).toBe("violated");
  });

  it("is violated by a client that does nothing for longer; the reset and what came next are the witness", () => {
    expect(judgeTimed(localErrorsAreInstant, reset(2_400, dials), STATED)).toMatchObject({
      outcome: "violated",
      message: "session 0: connection 0 was reset by the other side, and the client did nothing for 2400 ms",
      evidence: [7, 8],
    });
    const overdue = reset(5_000, (fixture) => void fixture.overdue());
    overdue.endTurn("cancelled");
    expect(judgeTimed(localErrorsAreInstant, overdue, STATED)).toMatchObject({ outcome: "violated", evidence: [7, 8] });
  });

  it("is unknown where the harness was late by as much, dials could not be seen, or the run ended first", () => {
    const late = reset(2_400, dials);
    late.measure(200);
    expect(judgeTimed(localErrorsAreInstant, late, STATED).outcome).toBe("unknown");
    const blind = reset(0, (fixture) => void fixture.fault({ kind: "refuse" }));
    blind.wait(9_000);
    blind.dial();
    expect(judgeTimed(localErrorsAreInstant, blind, STATED).outcome).toBe("unknown");
    expect(
      judgeTimed(
        localErrorsAreInstant,
        reset(100, () => undefined),
        STATED,
      ).outcome,
    ).toBe("unknown");
  });

  it("is not exercised where nobody waited: the connection was idle, or the response had ended", () => {
    const idle = openTimed();
    idle.startTurn();
    idle.dial();
    idle.open();
    idle.create();
    idle.receive("response.completed");
    idle.face({ kind: "reset", by: "proxy" });
    idle.wait(9_000);
    idle.endTurn();
    expect(judgeTimed(localErrorsAreInstant, idle, STATED).outcome).toBe("not-exercised");
  });
});
