import { describe, expect, it } from "vitest";

import {
  EQUAL_BACKOFF,
  failingDials,
  judgeTimed,
  openTimed,
  REJECTED,
  type TimedFixture,
} from "../dial-fixture.test-support.ts";
import { attemptsEndInAWord, retriesAreBounded } from "./retries-are-bounded.ts";

const STATED = { backoff: EQUAL_BACKOFF };

function rejectedTimes(times: number, waitMs = 10): TimedFixture {
  const fixture = failingDials(Array.from({ length: times - 1 }, () => waitMs));
  fixture.face(REJECTED);
  return fixture;
}

describe("retries are bounded (INV-34)", () => {
  it("holds up to the first attempt and the promised ones, and is violated by one more", () => {
    expect(judgeTimed(retriesAreBounded, rejectedTimes(5), STATED).outcome).toBe("holds");
    expect(judgeTimed(retriesAreBounded, rejectedTimes(6), STATED)).toMatchObject({
      outcome: "violated",
      message: "session 0: 6 attempts in a row failed in one turn, and 5 are promised at most",
    });
  });

  it("lets a client without a stated end ask slowly for ever", () => {
    expect(judgeTimed(retriesAreBounded, rejectedTimes(22)).outcome).toBe("violated");
    expect(judgeTimed(retriesAreBounded, rejectedTimes(22, 5_000)).outcome).toBe("holds");
  });

  it("is violated by more creates that came to nothing than promised, however many completed", () => {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.open();
    for (let round = 0; round < 5; round += 1) {
      fixture.create();
      fixture.receive("response.completed");
    }
    expect(judgeTimed(retriesAreBounded, fixture, { createsPerTurnMax: 2 }).outcome).toBe("not-exercised");
    for (let round = 0; round < 3; round += 1) {
      fixture.create();
      fixture.receive("error", { type: "error", error: { message: "busy" } });
    }
    const verdict = judgeTimed(retriesAreBounded, fixture, { createsPerTurnMax: 2 });
    expect(verdict).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 sent 3 creates that came to nothing, and 2 are promised at most",
    });
    expect(verdict.evidence).toHaveLength(3);
  });

  it("is unknown where dials may have been refused unseen, and counts each turn for itself", () => {
    const blind = rejectedTimes(2);
    blind.fault({ kind: "refuse" });
    blind.dial();
    expect(judgeTimed(retriesAreBounded, blind, STATED).outcome).toBe("unknown");
    const turns = rejectedTimes(4);
    turns.endTurn("gave up");
    turns.startTurn(1);
    turns.dial();
    turns.face(REJECTED);
    expect(judgeTimed(retriesAreBounded, turns, STATED).outcome).toBe("holds");
  });

  it("counts the dials in a row that nobody answered", () => {
    const unanswered = (times: number, waitMs: number, before: (fixture: TimedFixture) => void): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      before(fixture);
      for (let dial = 0; dial < times; dial += 1) {
        fixture.unanswered();
        fixture.wait(waitMs);
      }
      return fixture;
    };
    const nothing = (): void => undefined;
    expect(judgeTimed(retriesAreBounded, unanswered(5, 10, nothing), STATED).outcome).toBe("holds");
    expect(judgeTimed(retriesAreBounded, unanswered(6, 10, nothing), STATED)).toMatchObject({
      outcome: "violated",
      message: "session 0: 6 dials in a row got no answer in one turn, and 5 are promised at most",
      evidence: [2, 7, 8],
    });
    expect(judgeTimed(retriesAreBounded, unanswered(22, 10, nothing)).outcome).toBe("violated");
    expect(judgeTimed(retriesAreBounded, unanswered(22, 5_000, nothing)).outcome).toBe("holds");
    const broken = unanswered(3, 10, (fixture) => {
      for (let dial = 0; dial < 3; dial += 1) fixture.unanswered();
      fixture.dial();
      fixture.open();
    });
    expect(judgeTimed(retriesAreBounded, broken, STATED).outcome).toBe("holds");
    const turns = unanswered(4, 10, (fixture) => {
      for (let dial = 0; dial < 4; dial += 1) fixture.unanswered();
      fixture.endTurn("gave up");
      fixture.startTurn(1);
    });
    expect(judgeTimed(retriesAreBounded, turns, STATED).outcome).toBe("holds");
  });

  it("is not exercised where nothing failed", () => {
    expect(judgeTimed(retriesAreBounded, failingDials([]), STATED).outcome).toBe("not-exercised");
  });
});

describe("attempts end in a word (B4)", () => {
  it("holds where the turn ends with its cause, or a word was said before it was overdue", () => {
    const failed = rejectedTimes(3);
    failed.endTurn("three attempts failed");
    expect(judgeTimed(attemptsEndInAWord, failed, STATED).outcome).toBe("holds");
    const told = rejectedTimes(3);
    told.show("gave-up");
    told.wait(5_000);
    told.overdue();
    expect(judgeTimed(attemptsEndInAWord, told, STATED).outcome).toBe("holds");
  });

  it("holds where a dial without an answer is what is tried behind the last one", () => {
    const hanging = rejectedTimes(3);
    hanging.wait(100);
    hanging.unanswered();
    hanging.wait(5_000);
    hanging.overdue();
    expect(judgeTimed(attemptsEndInAWord, hanging, STATED).outcome).toBe("holds");
  });

  it("is violated by too many attempts, and by silence behind the last one", () => {
    expect(judgeTimed(attemptsEndInAWord, rejectedTimes(6), STATED).outcome).toBe("violated");
    const silent = rejectedTimes(3);
    silent.wait(5_000);
    silent.overdue();
    expect(judgeTimed(attemptsEndInAWord, silent, STATED)).toMatchObject({
      outcome: "violated",
      message: "session 0: the last attempt failed, and for 5000 ms nothing was tried or said",
    });
  });

  it("is unknown where dials may have been refused unseen, and not exercised where nothing failed", () => {
    const blind = rejectedTimes(1);
    blind.fault({ kind: "refuse" });
    blind.dial();
    expect(judgeTimed(attemptsEndInAWord, blind, STATED).outcome).toBe("unknown");
    expect(judgeTimed(attemptsEndInAWord, failingDials([]), STATED).outcome).toBe("not-exercised");
  });
});
