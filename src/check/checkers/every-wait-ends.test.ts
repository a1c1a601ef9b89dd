import { describe, expect, it } from "vitest";

import { judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { everyWaitEnds } from "./every-wait-ends.ts";

const PROMISE = { idleDeadlineMs: 400, redialDeadlineMs: 1_000 };

/** A create is under way, and the wire goes dead. */
function silent(then: (fixture: TimedFixture) => void): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.open();
  fixture.create();
  fixture.receive("response.created");
  fixture.fault({ kind: "cut", mode: "blackhole" });
  then(fixture);
  return fixture;
}

describe("every wait ends (INV-25)", () => {
  it("holds where the dead peer is left in time and dialled again, or the turn ends with an error", () => {
    const left = silent((fixture) => {
      fixture.wait(410);
      fixture.face({ kind: "ended", edge: "in" });
      fixture.wait(30);
      fixture.dial();
    });
    expect(judgeTimed(everyWaitEnds, left, PROMISE)).toMatchObject({
      outcome: "holds",
      message: "each of 1 dead connections was left in time",
    });
    const ended = silent((fixture) => {
      fixture.wait(500);
      fixture.endTurn("no answer");
    });
    expect(judgeTimed(everyWaitEnds, ended, PROMISE).outcome).toBe("holds");
  });

  it("is violated where the client waits on until it is stopped", () => {
    const stuck = silent((fixture) => {
      fixture.wait(3_400);
      fixture.overdue();
      fixture.face({ kind: "ended", edge: "in" });
      fixture.endTurn("cancelled");
    });
    expect(judgeTimed(everyWaitEnds, stuck, PROMISE)).toMatchObject({
      outcome: "violated",
      message:
        "session 0: connection 0 fell silent, and the client waited on: nothing followed for 3400 ms, " +
        "where 400 ms to leave and 1000 ms to dial are promised",
      evidence: [6, 8, 9],
    });
  });

  it("tells a client that closed politely and waited for the answer from one that did nothing", () => {
    const polite = silent((fixture) => {
      fixture.wait(400);
      fixture.face({ kind: "control-frame", direction: "to-server", opcode: "close" });
      fixture.wait(3_000);
      fixture.overdue();
    });
    expect(judgeTimed(everyWaitEnds, polite, PROMISE)).toMatchObject({
      outcome: "violated",
      message: expect.stringContaining("began to close it and waited for the answer"),
    });
  });

  it("is violated where the peer is left late, though it is dialled again", () => {
    const late = silent((fixture) => {
      fixture.wait(1_000);
      fixture.face({ kind: "ended", edge: "in" });
      fixture.dial();
    });
    expect(judgeTimed(everyWaitEnds, late, PROMISE)).toMatchObject({ outcome: "violated", evidence: [6, 8, 9] });
  });

  it("judges the handshake too: a dial that is never answered", () => {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.face({ kind: "dial-rejected", how: "silence" });
    fixture.wait(3_400);
    fixture.overdue();
    expect(judgeTimed(everyWaitEnds, fixture, PROMISE).outcome).toBe("violated");
  });

  /** A dial without an answer. */
  function unanswered(then: (fixture: TimedFixture) => void): TimedFixture {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.unanswered();
    then(fixture);
    return fixture;
  }

  it("judges the dial too: one that nobody answers is followed by another, or by the end of the turn", () => {
    const again = unanswered((fixture) => {
      fixture.wait(450);
      fixture.unanswered();
      fixture.wait(1_900);
      fixture.dial();
    });
    expect(judgeTimed(everyWaitEnds, again, PROMISE)).toMatchObject({
      outcome: "holds",
      message: "each of 2 dead connections was left in time",
    });
    const ended = unanswered((fixture) => {
      fixture.wait(1_500);
      fixture.endTurn("nobody answers");
      fixture.wait(9_000);
      fixture.startTurn(1);
      fixture.dial();
    });
    expect(judgeTimed(everyWaitEnds, ended, PROMISE).outcome).toBe("holds");
    const late = unanswered((fixture) => {
      fixture.wait(2_500);
      fixture.dial();
    });
    expect(judgeTimed(everyWaitEnds, late, PROMISE)).toMatchObject({
      outcome: "violated",
      message:
        "session 0: a dial got no answer, and nothing followed for 2500 ms, where 400 ms to leave and 1000 ms to dial are promised",
      evidence: [3, 4],
    });
    const stuck = unanswered((fixture) => {
      fixture.wait(3_400);
      fixture.overdue();
      fixture.endTurn("cancelled");
    });
    expect(judgeTimed(everyWaitEnds, stuck, PROMISE)).toMatchObject({ outcome: "violated", evidence: [3, 4] });
    const short = unanswered((fixture) => fixture.wait(300));
    expect(judgeTimed(everyWaitEnds, short, PROMISE).outcome).toBe("unknown");
    const idle = openTimed();
    idle.unanswered();
    idle.wait(9_000);
    expect(judgeTimed(everyWaitEnds, idle, PROMISE).outcome).toBe("not-exercised");
  });

  it("takes a dial without an answer for what follows a dead connection", () => {
    const left = silent((fixture) => {
      fixture.wait(410);
      fixture.face({ kind: "ended", edge: "in" });
      fixture.wait(30);
      fixture.unanswered();
      fixture.wait(450);
      fixture.endTurn("nobody answers");
    });
    expect(judgeTimed(everyWaitEnds, left, PROMISE).outcome).toBe("holds");
  });

  it("is unknown where the harness was late by as much, or the run ended first", () => {
    const late = silent((fixture) => {
      fixture.wait(2_000);
      fixture.overdue();
      fixture.measure(200);
    });
    expect(judgeTimed(everyWaitEnds, late, PROMISE).outcome).toBe("unknown");
    expect(
      judgeTimed(
        everyWaitEnds,
        silent((fixture) => fixture.wait(300)),
        PROMISE,
      ).outcome,
    ).toBe("unknown");
  });

  it("is not exercised where the wire healed in time, nobody waited, or nothing was dead", () => {
    const healed = silent((fixture) => {
      fixture.wait(300);
      fixture.receive("response.completed");
    });
    expect(judgeTimed(everyWaitEnds, healed, PROMISE).outcome).toBe("not-exercised");
    const idle = openTimed();
    idle.startTurn();
    idle.dial();
    idle.open();
    idle.fault({ kind: "cut", mode: "blackhole" });
    idle.wait(9_000);
    expect(judgeTimed(everyWaitEnds, idle, PROMISE).outcome).toBe("not-exercised");
    expect(judgeTimed(everyWaitEnds, openTimed(), PROMISE).outcome).toBe("not-exercised");
  });
});
